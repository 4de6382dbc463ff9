export function headersFor(pathname: string): Record<string, string>;
export function metaPolicy(): string;
