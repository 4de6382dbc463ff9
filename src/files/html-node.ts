/** The nodes of an inert HTML tree, and how they are searched. */

/** Text with its entities decoded. */
export interface HtmlText {
  readonly kind: 'text';
  text: string;
}

/** An element; names of elements and attributes are lower case. */
export interface HtmlElement {
  readonly kind: 'element';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: HtmlNode[];
  /** A block element is somewhere below it. */
  hasBlock: boolean;
}

export type HtmlNode = HtmlText | HtmlElement;

/**
 * Elements nest at most so deep; what is deeper loses its tags and keeps its text. Whoever walks the
 * tree may therefore recurse.
 */
export const MAX_HTML_DEPTH = 100;

/** Elements that begin on a line of their own. */
export const BLOCK_ELEMENTS: ReadonlySet<string> = new Set(
  (
    'address article aside blockquote body caption center dd details dialog div dl dt fieldset ' +
    'figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p ' +
    'pre search section summary table tbody td tfoot th thead tr ul'
  ).split(' '),
);

/** All text below a node, as it stands there. */
export function textOfHtml(node: HtmlNode): string {
  if (node.kind === 'text') return node.text;
  if (node.name === 'br') return '\n';
  return node.children.map(textOfHtml).join('');
}

/** Whether the element has the class. */
export function hasClass(element: HtmlElement, name: string): boolean {
  return (element.attributes.get('class') ?? '').split(/\s+/).includes(name);
}

/** Every element that fits, in order; what is inside one that fits is not searched. */
export function findElements(
  root: HtmlElement,
  fits: (element: HtmlElement) => boolean,
): readonly HtmlElement[] {
  const result: HtmlElement[] = [];
  function visit(element: HtmlElement): void {
    for (const child of element.children) {
      if (child.kind === 'text') continue;
      if (fits(child)) result.push(child);
      else visit(child);
    }
  }
  visit(root);
  return result;
}
