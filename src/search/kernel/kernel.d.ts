/** WebAssembly compiled from AssemblyScript by scripts/kernel-plugin.mjs. */
declare module '*.as.ts?kernel' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
