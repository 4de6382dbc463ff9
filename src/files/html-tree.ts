/**
 * HTML as a small inert tree, for workers, where there is no DOMParser. Nothing in it runs or loads.
 * htmlparser2's tokenizer finds tags, attributes and entities; its parser is not used, because it
 * searches its whole stack for every tag, which deep nesting makes quadratic.
 */
import { Tokenizer } from 'htmlparser2';
import { createHtmlBuilder } from './html-builder.ts';
import type { HtmlElement } from './html-node.ts';

/** Reads HTML of any kind, broken or not, in time that grows with its length. */
export function parseHtml(html: string): HtmlElement {
  const reader = createHtmlReader(html);
  reader.read(html.length);
  return reader.end();
}

/** Reads HTML piece by piece, so that whoever has other things to do can do them in between. */
export interface HtmlReader {
  /** Reads on, up to that place in the text. */
  read(to: number): void;
  /** Everything that was read, as a tree. */
  end(): HtmlElement;
}

/** As {@link parseHtml}, in pieces. */
export function createHtmlReader(html: string): HtmlReader {
  const builder = createHtmlBuilder();
  let name = '';
  let attributes = new Map<string, string>();
  let attribute = '';
  let value = '';
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => builder.text(html.slice(start, end)),
      ontextentity: (codePoint) => builder.text(String.fromCodePoint(codePoint)),
      onopentagname: (start, end) => {
        name = html.slice(start, end).toLowerCase();
        attributes = new Map();
      },
      onattribname: (start, end) => {
        attribute = html.slice(start, end).toLowerCase();
        value = '';
      },
      onattribdata: (start, end) => (value += html.slice(start, end)),
      onattribentity: (codePoint) => (value += String.fromCodePoint(codePoint)),
      onattribend: () => {
        if (!attributes.has(attribute)) attributes.set(attribute, value);
      },
      onopentagend: () => builder.open(name, attributes),
      // HTML knows no `<div/>`: only void elements end themselves.
      onselfclosingtag: () => builder.open(name, attributes),
      onclosetag: (start, end) => builder.close(html.slice(start, end).toLowerCase().trim()),
      oncdata: () => undefined,
      oncomment: () => undefined,
      ondeclaration: () => undefined,
      onprocessinginstruction: () => undefined,
      onend: () => undefined,
    },
  );
  let at = 0;
  return {
    read(to) {
      tokenizer.write(html.slice(at, to));
      at = to;
    },
    end() {
      tokenizer.end();
      return builder.root;
    },
  };
}
