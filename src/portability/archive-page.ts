/**
 * What every page of an archive has: nothing of a conversation is ever read as HTML, and no page asks
 * for anything.
 */
import { toStorableText } from './storable-text.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The text as HTML shows it, within elements and quoted attributes. */
export function escapeHtml(text: string): string {
  return toStorableText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** A link to a file of the archive, from a page in a folder or beside the folders. */
export function toLink(path: string, isInFolder: boolean): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return escapeHtml(`${isInFolder ? '../' : './'}${encoded}`);
}

/** No browser is told to fetch, run, send or frame anything. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Clay by day and by night: the colours of the app (ui/tokens.css). */
const STYLE = `
:root{color-scheme:light dark;--paper:#faf7f2;--raised:#fffdfa;--sunken:#f2ece3;--ink:#28211b;--ink-2:#62574b;--line:#e6ddd0;--accent:#9c4a2a;--accent-soft:#f6e6dc;--celadon:#2f6f62}
@media (prefers-color-scheme:dark){:root{--paper:#1a1714;--raised:#221e1a;--sunken:#14110f;--ink:#efe7db;--ink-2:#b3a695;--line:#36302a;--accent:#e5936a;--accent-soft:#3a261b;--celadon:#86c5b4}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.62 system-ui,Pretendard,-apple-system,'Apple SD Gothic Neo','Hiragino Sans','PingFang SC','Segoe UI',sans-serif}
main{max-width:740px;margin:0 auto;padding:48px 20px 80px}
h1{font-size:22px;line-height:1.35;letter-spacing:-.02em;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:13px;font-weight:600;color:var(--ink-2);margin:36px 0 8px}
p.meta,.meta{color:var(--ink-2);font-size:13px;margin:0;font-variant-numeric:tabular-nums}
a{color:var(--celadon);text-underline-offset:3px}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
ul.list{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:12px;background:var(--raised);overflow:hidden}
ul.list li{padding:12px 16px;border-top:1px solid var(--line)}
ul.list li:first-child{border-top:0}
ul.list a.title{color:var(--ink);font-weight:500;text-decoration:none;overflow-wrap:anywhere}
ul.list a.title:hover{color:var(--accent)}
article{margin:20px 0}
article h3{font-size:13px;color:var(--ink-2);margin:0 0 4px;font-weight:600}
article h3 time{font-weight:400;margin-inline-start:8px;font-variant-numeric:tabular-nums}
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;padding:12px 16px;border:1px solid var(--line);border-radius:12px;background:var(--raised)}
.user .text{background:var(--accent-soft);border-color:transparent}
.system .text,.tool .text,.function .text{background:var(--sunken);font-size:13px}
details{margin:8px 0}summary{color:var(--ink-2);font-size:13px;cursor:pointer}
`;

interface Page {
  readonly locale: string;
  readonly title: string;
}

/** The beginning of a page up to its `main`. */
export function openPage({ locale, title }: Page): string {
  return (
    `<!doctype html>\n<html lang="${escapeHtml(locale)}">\n<head>\n<meta charset="utf-8">\n` +
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n` +
    `<meta name="referrer" content="no-referrer">\n<meta name="generator" content="onggi">\n` +
    `<title>${escapeHtml(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<main>\n`
  );
}

/** The end of a page. */
export function closePage(): string {
  return '</main>\n</body>\n</html>\n';
}
