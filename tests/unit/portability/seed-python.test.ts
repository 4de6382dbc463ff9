import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadItem } from '#domain/imported.ts';
import { splitBranches } from '#portability/conversation-fields.ts';
import { writeConversationJson } from '#portability/conversation-json.ts';
import { seedMarkdown } from '#portability/formats/seed-markdown.ts';
import { seed } from '#portability/formats/seed.ts';
import { anyConversation, joinPieces } from '../../support/conversation-arbitrary.ts';
import { extractSeedPython, hasPython, runSeedPython } from '../../support/seed-python.ts';

const isHere = extractSeedPython() !== undefined && hasPython();
const CONTEXT = { fileName: 'a', fileDate: 5, companions: new Map<string, unknown>() };

/** Reads JSON texts, one a line, with the specification's importer; prints its `to_dict`s. */
const IMPORT = `
async def main():
    for line in sys.stdin:
        conversation = await DataPortability.import_conversation_json(json.loads(line))
        print(json.dumps(conversation.to_dict()))
asyncio.run(main())
`;

/** A conversation as the specification's program makes and exports it. */
const EXPORT = `
async def main():
    conversation = Conversation(session_id='s', title='옹기 🏺')
    for role, content in json.load(sys.stdin):
        message = Message(session_id='s', role=role, content=content, token_count=3, rating=5)
        message.attachments.append({'name': 'a.png'})
        conversation.add_message(message)
    portability = DataPortability
    print(json.dumps([
        await portability.export_conversation_json(conversation),
        await portability.export_conversation_markdown(conversation),
        conversation.to_dict(),
    ]))
asyncio.run(main())
`;

const SAID = [
  ['user', '옹기가 뭐야?\r\n\n'],
  ['assistant', '## User\n\n```\n</script>\n```\n--> 🏺'],
  ['system', ''],
  ['function', '{"a": 1}'],
];

describe('the Python of the specification', () => {
  it.skipIf(!isHere)('reads what we write (needs ../shared and python3)', async () => {
    const given = fc.sample(anyConversation, { numRuns: 300, seed: 3 });
    const texts = await Promise.all(
      given.map((whole) => joinPieces(writeConversationJson(whole, { appVersion: '0.1.0' }))),
    );
    const input = texts.map((text) => JSON.stringify(text)).join('\n');
    const read = runSeedPython(IMPORT, input).trim().split('\n');
    expect(read).toHaveLength(given.length);
    for (const [index, line] of read.entries()) {
      const theirs = JSON.parse(line) as Record<string, unknown>;
      const ours = given[index];
      if (!ours) throw new Error('more than we gave');
      const { path } = splitBranches(ours);
      expect(theirs['conversation_id']).toBe(ours.conversation.id);
      expect(theirs['title']).toBe(ours.conversation.title);
      expect(Date.parse(String(theirs['created_at']))).toBe(ours.conversation.createdAt);
      const messages = theirs['messages'] as Record<string, unknown>[];
      expect(messages.map(({ message_id, role, content }) => [message_id, role, content])).toEqual(
        path.map(({ id, role, content }) => [id, role, content]),
      );
      expect(messages.map(({ timestamp }) => Date.parse(String(timestamp)))).toEqual(
        path.map(({ timestamp }) => timestamp),
      );
    }
  });

  it.skipIf(!isHere)('writes JSON and Markdown that we read (needs ../shared and python3)', () => {
    const output = runSeedPython(EXPORT, JSON.stringify(SAID));
    const [json, markdown, said] = JSON.parse(output) as [string, string, Record<string, unknown>];

    const [first] = [...seed.read(JSON.parse(json), CONTEXT)] as ReadItem[];
    if (first?.kind !== 'native') throw new Error('not read');
    const { conversation, messages } = first.native;
    expect(conversation).toMatchObject({ id: said['conversation_id'], title: '옹기 🏺' });
    expect(messages.map(({ role, content }) => [role, content])).toEqual(SAID);
    expect(messages[0]).toMatchObject({
      tokenCount: 3,
      rating: 5,
      attachments: [{ name: 'a.png' }],
    });

    expect(seedMarkdown.matches(markdown, '')).toBe(true);
    const [second] = [...seedMarkdown.read(markdown, CONTEXT)];
    if (second?.kind !== 'conversation') throw new Error('not read');
    expect(second.conversation.title).toBe('옹기 🏺');
    expect(second.conversation.messages.map(({ role, content }) => [role, content])).toEqual(
      // A Markdown file has one kind of line end.
      SAID.map(([role, content]) => [role, content?.replaceAll('\r\n', '\n')]),
    );
    expect(second.conversation.messages.map(({ timestamp }) => timestamp)).toEqual(
      messages.map(({ timestamp }) => timestamp),
    );
  });
});
