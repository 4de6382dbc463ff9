import DOMPurify from 'dompurify';

/** Attribute of an image that is not loaded: its address, for a click to fetch. */
export const REMOTE_IMAGE = 'data-remote-image';

const ALLOWED_TAGS = [
  ...['a', 'abbr', 'b', 'blockquote', 'br', 'code', 'dd', 'del', 'details', 'div', 'dl', 'dt'],
  ...['em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'mark'],
  ...['ol', 'p', 'pre', 'rp', 'rt', 'ruby', 's', 'small', 'span', 'strong', 'sub', 'summary'],
  ...['sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'u', 'ul', 'var'],
];
const ALLOWED_ATTRIBUTES = [
  ...['align', 'alt', 'aria-label', 'class', 'colspan', 'dir', 'href', 'lang', 'open', 'role'],
  ...['rowspan', 'src', 'start', 'tabindex', 'title', REMOTE_IMAGE],
];

/** Class names our own renderer writes; any other is taken away, so that no text can dress up as the app. */
const OWN_CLASS =
  /^(code|code-head|long|table|task|done|hljs-[a-z_-]+|language_|function_|class_)$/;
const EMBEDDED_IMAGE = /^data:image\/(png|jpeg|gif|webp|avif);base64,/i;
const LINK_SCHEMES = new Set(['http:', 'https:', 'mailto:']);

let isPrepared = false;

/** Rules that a list of names cannot say. DOMPurify keeps hooks for the page, hence once. */
function prepare(): void {
  if (isPrepared) return;
  isPrepared = true;
  DOMPurify.addHook('afterSanitizeAttributes', (node) => {
    if (node.hasAttribute('class')) keepOwnClasses(node);
    if (node.tagName === 'A') guardLink(node);
    if (node.tagName === 'IMG') guardImage(node);
    else node.removeAttribute(REMOTE_IMAGE);
    if (node.tagName === 'PRE') node.setAttribute('tabindex', '0');
    else node.removeAttribute('tabindex');
    if (node.classList.contains('task') && node.getAttribute('role') === 'img') return;
    // Names and roles would let a text dress up for those who listen.
    node.removeAttribute('role');
    node.removeAttribute('aria-label');
  });
}

function keepOwnClasses(node: Element): void {
  const kept = [...node.classList].filter((name) => OWN_CLASS.test(name));
  if (kept.length > 0) node.setAttribute('class', kept.join(' '));
  else node.removeAttribute('class');
}

/** Links lead to http, https and mail only, in a window of their own that knows nothing of us. */
function guardLink(node: Element): void {
  const href = node.getAttribute('href');
  if (href === null) return;
  const scheme = URL.parse(href)?.protocol;
  if (!scheme || !LINK_SCHEMES.has(scheme)) {
    node.removeAttribute('href');
    return;
  }
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer');
}

/** Only images that are inside the text itself are shown; all others wait for a click. */
function guardImage(node: Element): void {
  // Only we say what waits for a click.
  node.removeAttribute(REMOTE_IMAGE);
  // Markup of a model often has none; a screen reader would read the address instead.
  if (!node.hasAttribute('alt')) node.setAttribute('alt', '');
  const source = node.getAttribute('src') ?? '';
  if (EMBEDDED_IMAGE.test(source)) return;
  node.removeAttribute('src');
  const url = URL.parse(source);
  if (url?.protocol === 'https:' || url?.protocol === 'http:') {
    node.setAttribute(REMOTE_IMAGE, url.href);
  }
}

/**
 * HTML in which nothing can run, call out, or look like a part of the app. The last step before the
 * page (SECURITY section 5), and the only maker of HTML that the page takes.
 */
export function sanitise(html: string): TrustedHTML {
  prepare();
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ALLOWED_ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_TRUSTED_TYPE: true,
  });
}
