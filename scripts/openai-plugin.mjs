/**
 * Vite plugin for builds: every resource of the `openai` SDK hangs on its client, used or not, and would be
 * kept offline by every browser. Chat completions and embeddings stay; what the other modules export, two
 * thirds of the package, becomes empty classes. Who needs another one adds it to `KEPT_RESOURCES`.
 */

const KEPT_RESOURCES = [
  'chat/chat',
  'chat/completions/completions',
  'chat/completions/messages',
  'embeddings',
];

const OPENAI = /\/node_modules\/openai\/(resources|lib|azure|bedrock|_vendor)(?:\/(.+?))?\.mjs$/;

function isLeftOut(/** @type {string} */ id) {
  const [, folder, name = ''] = OPENAI.exec(id) ?? [];
  return folder !== undefined && (folder !== 'resources' || !KEPT_RESOURCES.includes(name));
}

/** What a module declares and exports; nothing for one that only passes on what others export. */
function namesOf(/** @type {string} */ code) {
  const declared = /^export (?:async )?(?:class|function\*?|const|let) ([\w$]+)/gm;
  return [...code.matchAll(declared)].map(([, name = '']) => name);
}

/** @returns {import('vite').Plugin} */
export function openaiPlugin() {
  return {
    name: 'onggi-openai',
    apply: 'build',
    transform(code, id) {
      const names = isLeftOut(id.replaceAll('\\', '/')) ? namesOf(code) : [];
      if (names.length === 0) return undefined;
      return { code: names.map((name) => `export class ${name} {}`).join('\n'), map: null };
    },
  };
}
