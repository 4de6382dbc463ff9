import { REMOTE_IMAGE } from './sanitise.ts';

/** What rendered Markdown needs from the page around it. */
export interface EnhanceOptions {
  readonly labels: {
    readonly copy: string;
    readonly copied: string;
    readonly loadImage: (host: string) => string;
    readonly openImage: (host: string) => string;
  };
  readonly copyText: (text: string) => Promise<boolean>;
  /** Asked before a link whose look and whose goal differ; true goes there. */
  readonly confirmLink: (host: string) => Promise<boolean>;
}

/** Fetches of remote images give up after this time, in milliseconds. */
const IMAGE_TIMEOUT_MS = 20_000;
/** Larger remote images are not shown in the page, in bytes. */
const IMAGE_LIMIT = 20 * 1024 * 1024;

/**
 * Gives a piece of sanitised HTML its buttons: copy on code, load on remote images, a question
 * before misleading links. @returns takes the images' memory back.
 */
export function enhance(root: HTMLElement, options: EnhanceOptions): () => void {
  const objectUrls: string[] = [];
  for (const code of root.querySelectorAll<HTMLElement>('.code')) addCopyButton(code, options);
  for (const image of root.querySelectorAll<HTMLImageElement>(`img[${REMOTE_IMAGE}]`)) {
    replaceRemoteImage(image, options, objectUrls);
  }
  const onClick = (event: MouseEvent): void => guardClick(event, options);
  root.addEventListener('click', onClick);
  root.addEventListener('auxclick', onClick);
  return () => {
    root.removeEventListener('click', onClick);
    root.removeEventListener('auxclick', onClick);
    for (const url of objectUrls) URL.revokeObjectURL(url);
  };
}

function addCopyButton(block: HTMLElement, { labels, copyText }: EnhanceOptions): void {
  const head = block.querySelector('.code-head');
  if (!head || head.querySelector('button')) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'code-copy';
  button.textContent = labels.copy;
  button.addEventListener('click', () => {
    const text = block.querySelector('pre')?.textContent ?? '';
    void copyText(text).then((isCopied) => {
      if (!isCopied) return;
      button.textContent = labels.copied;
      setTimeout(() => (button.textContent = labels.copy), 2000);
    });
  });
  head.append(button);
}

function replaceRemoteImage(
  image: HTMLImageElement,
  { labels }: EnhanceOptions,
  objectUrls: string[],
): void {
  const url = image.getAttribute(REMOTE_IMAGE) ?? '';
  const host = URL.parse(url)?.hostname ?? '';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'remote-image';
  button.textContent = image.alt
    ? `${image.alt} · ${labels.loadImage(host)}`
    : labels.loadImage(host);
  button.addEventListener('click', () => {
    button.disabled = true;
    void fetchImage(url).then((objectUrl) => {
      if (objectUrl === undefined) {
        button.replaceWith(linkTo(url, labels.openImage(host)));
        return;
      }
      objectUrls.push(objectUrl);
      image.src = objectUrl;
      button.replaceWith(image);
    });
  });
  image.replaceWith(button);
}

/** The image as a blob, asked for without cookies or referrer; undefined when its host does not allow that. */
async function fetchImage(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(IMAGE_TIMEOUT_MS),
    });
    const blob = await response.blob();
    const isImage = /^image\/(png|jpeg|gif|webp|avif)$/.test(blob.type);
    if (!response.ok || !isImage || blob.size > IMAGE_LIMIT) return undefined;
    return URL.createObjectURL(blob);
  } catch {
    return undefined;
  }
}

function linkTo(url: string, text: string): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.textContent = text;
  return link;
}

function guardClick(event: MouseEvent, { confirmLink }: EnhanceOptions): void {
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
  if (!(link instanceof HTMLAnchorElement) || !isMisleading(link)) return;
  event.preventDefault();
  void confirmLink(new URL(link.href).host).then((isConfirmed) => {
    if (isConfirmed) open(link.href, '_blank', 'noopener,noreferrer');
  });
}

/** Whether a link's text names another host than it leads to, or its host is written in look-alike letters. */
export function isMisleading(link: Pick<HTMLAnchorElement, 'href' | 'textContent'>): boolean {
  const url = URL.parse(link.href);
  if (!url || url.protocol === 'mailto:') return false;
  if (/(^|\.)xn--/.test(url.hostname) || url.username !== '') return true;
  const text = link.textContent.replace(/\p{Cf}/gu, '');
  const named = /(?:^|[^\p{L}\p{N}@.-])((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?=[/:?#\s]|$)/iu.exec(
    text,
  )?.[1];
  if (!named) return false;
  const bare = (host: string): string => host.toLowerCase().replace(/^www\./, '');
  return bare(named) !== bare(url.hostname);
}
