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
h1{font-size:22px;line-height:1.35;letter-spacing:-.02em;margin:12px 0 4px;overflow-wrap:anywhere}
h2{font-size:13px;font-weight:600;color:var(--ink-2);margin:36px 0 8px}
p.meta,.meta{color:var(--ink-2);font-size:13px;margin:0;font-variant-numeric:tabular-nums}
a{color:var(--celadon);text-underline-offset:3px}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
ul.list{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:12px;background:var(--raised);overflow:hidden}
ul.list li{padding:14px 18px;border-top:1px solid var(--line)}
ul.list li:first-child{border-top:0}
ul.list li:hover{background:var(--accent-soft)}
ul.list a.title{display:block;font-size:16px;font-weight:500;text-decoration-color:var(--line);overflow-wrap:anywhere}
ul.list a.title:hover{text-decoration-color:currentColor}
article{margin:28px 0}
article h3{font-size:13px;color:var(--ink-2);margin:0 0 6px;font-weight:600}
article h3 time{font-weight:400;margin-inline-start:8px;font-variant-numeric:tabular-nums}
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
.user .text{width:fit-content;max-width:100%;padding:10px 16px;border-radius:16px;background:var(--accent-soft)}
.system .text,.tool .text,.function .text{padding:12px 16px;border-radius:12px;background:var(--sunken);font-size:13px}
details{margin:8px 0}summary{color:var(--ink-2);font-size:13px;cursor:pointer}
details>.text{margin:8px 0;padding-inline-start:14px;border-inline-start:2px solid var(--line);color:var(--ink-2);font-size:14px}
.prose{white-space:normal}
.prose>:first-child{margin-top:0}.prose>:last-child{margin-bottom:0}
.prose p,.prose ul,.prose ol,.prose blockquote,.prose pre,.prose .table{margin:0 0 14px}
.prose p.plain{white-space:pre-wrap}
.prose h4,.prose h5,.prose h6{line-height:1.4;margin:24px 0 8px}
.prose h4{font-size:18px}.prose h5{font-size:16px}.prose h6{font-size:15px}
.prose ul,.prose ol{padding-inline-start:24px}.prose li{margin:4px 0}.prose li>ul,.prose li>ol{margin:4px 0}
.prose blockquote{padding-inline-start:14px;border-inline-start:3px solid var(--line);color:var(--ink-2)}
.prose hr{border:0;border-top:1px solid var(--line);margin:24px 0}
code,pre{font:13px/1.6 ui-monospace,'SF Mono',Menlo,Consolas,D2Coding,monospace}
.prose code{padding:1px 5px;border-radius:5px;background:var(--sunken)}
.prose pre{padding:12px 16px;border-radius:12px;background:var(--sunken);overflow-x:auto}
.prose pre code{padding:0;background:none}
.prose .lang{display:block;margin-bottom:6px;color:var(--ink-2);font-size:12px}
.prose .table{overflow-x:auto}
.prose table{border-collapse:collapse;font-size:14px}
.prose th,.prose td{padding:6px 12px;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}
.prose th{color:var(--ink-2);font-weight:600}.prose .center{text-align:center}.prose .end{text-align:end}
.prose img{max-width:100%;height:auto;border-radius:8px}
@media print{body{background:none}main{padding:0}}
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
