import { onggiJson } from './formats/onggi-json.ts';
import { onggiMarkdown } from './formats/onggi-markdown.ts';
import type { Detected } from './recognize-files.ts';

const JSON_PATH = /^(?<root>.*\/)?json\/(?<stem>[^/]+)\.json$/;
const MARKDOWN_PATH = /^(?<root>.*\/)?markdown\/(?<stem>[^/]+)\.md$/;

/**
 * The Markdown copy of each JSON conversation in an archive of ours (`json/x.json`, `markdown/x.md`),
 * by the JSON. Both say the same, the JSON with branches and bytes: the copy is no second conversation.
 */
export function findTwins(group: readonly Detected[]): ReadonlyMap<Detected, Detected> {
  const copies = new Map<string, Detected>();
  for (const each of group) {
    const path = isOf(each, onggiMarkdown.id) ? keyOf(each, MARKDOWN_PATH) : undefined;
    if (path !== undefined) copies.set(path, each);
  }
  const twins = new Map<Detected, Detected>();
  for (const each of copies.size === 0 ? [] : group) {
    const path = isOf(each, onggiJson.id) ? keyOf(each, JSON_PATH) : undefined;
    const copy = path === undefined ? undefined : copies.get(path);
    if (copy) twins.set(each, copy);
  }
  return twins;
}

function isOf({ detection }: Detected, format: string): boolean {
  return (detection.kind === 'json' || detection.kind === 'text') && detection.format.id === format;
}

/** The same for both copies: where the archive begins, and the name without its ending. */
function keyOf({ file }: Detected, pattern: RegExp): string | undefined {
  const groups = pattern.exec(file.name)?.groups;
  return groups && `${groups['root'] ?? ''}\n${groups['stem'] ?? ''}`;
}
