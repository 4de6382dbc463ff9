export function chromiumPath(): Promise<string | undefined>;
export function hasChromium(): Promise<boolean>;
export const chromiumArgs: string[];
