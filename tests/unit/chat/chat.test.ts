import { describe, expect, test } from 'vitest';
import { tryHoldAnswerLock } from '#db/locks.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import { toEndpointId } from '#domain/ids.ts';
import { MAX_CONTENT_CHARACTERS } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { estimateTokens } from '#usage/estimate-tokens.ts';
import {
  answered,
  createFakeEndpoint,
  endpoint,
  finish,
  openChat,
  readRun,
  readUsage,
  reasoning,
  text,
  usage,
} from './support.ts';

const broken = new OnggiError('provider/unreachable', 'gone');

describe('sendMessage', () => {
  test('has stored question and answer before the endpoint is asked', async () => {
    let stored: readonly Message[] = [];
    const fake = createFakeEndpoint(async () => {
      stored = await house.rows();
    });
    const house = await openChat({ fake });
    await house.converse('안녕 🍯', ...answered('hello'));
    expect(stored).toMatchObject([
      {
        role: 'user',
        content: '안녕 🍯',
        status: 'complete',
        tokenCount: estimateTokens('안녕 🍯'),
        isTokenCountEstimated: true,
      },
      { role: 'assistant', content: '', status: 'streaming', modelUsed: 'model' },
    ]);
    expect(stored[1]?.parentId).toBe(stored[0]?.id);
  });

  test('resolves with the stored answer row before anybody reads it', async () => {
    const { chat, store, fresh, fake, rows } = await openChat();
    const run = await chat.sendMessage({ store, conversation: fresh }, 'question', null);
    expect(fake.requests).toEqual([]);
    expect(await rows()).toMatchObject([{ content: 'question' }, { id: run.message.id, seq: 1 }]);
    run.stop();
    await readRun(run).settled;
  });

  test('asks with the branch, the key and the choices of conversation and settings', async () => {
    const { fake, converse, store, conversation } = await openChat({
      settings: { systemPrompt: 'Be brief.', temperature: 9, streamResponse: false },
    });
    await converse('one', ...answered('1'));
    await store.updateConversation((await conversation()).id, { chatModel: 'other', maxTokens: 5 });
    await converse('two', ...answered('2'));
    expect(fake.requests[0]).toEqual({
      endpoint,
      apiKey: 'key',
      chatModel: 'model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'one' },
      ],
      temperature: 2,
      maxTokens: 2000,
      isStreaming: false,
    });
    expect(fake.requests[1]).toMatchObject({ chatModel: 'other', maxTokens: 5 });
    expect(fake.requests[1]?.messages.map(({ content }) => content)).toEqual([
      'Be brief.',
      'one',
      '1',
      'two',
    ]);
  });

  test('gives the title of the first message and keeps it', async () => {
    const { converse, conversation } = await openChat();
    await converse('## 옹기란 무엇인가요?\nmore', ...answered('1'));
    await converse('second', ...answered('2'));
    expect(await conversation()).toMatchObject({
      title: '옹기란 무엇인가요?',
      titleOrigin: 'first-message',
      messageCount: 4,
    });
  });

  test('puts an edited message beside the old one and shows it', async () => {
    const { chat, fake, place, converse, rows, conversation } = await openChat();
    await converse('first', ...answered('1'));
    await converse('typo', ...answered('2'));
    const typo = (await rows())[2];
    fake.say(...answered('3'));
    await readRun(await chat.sendMessage(await place(), 'fixed', typo?.parentId ?? null)).settled;
    const all = await rows();
    expect(all.map(({ content }) => content)).toEqual(['first', '1', 'typo', '2', 'fixed', '3']);
    expect(all[4]?.parentId).toBe(all[1]?.id);
    expect((await conversation()).activeLeafId).toBe(all[5]?.id);
    expect(fake.requests.at(-1)?.messages.map(({ content }) => content)).toEqual([
      'first',
      '1',
      'fixed',
    ]);
  });
});

describe('nothing is stored and nobody is asked', () => {
  const other = createEndpoint({ ...endpoint, id: toEndpointId('other') });
  test.each([
    ['without an endpoint', { settings: { defaultEndpointId: null } }, 'provider/no-endpoint'],
    ['with an endpoint that is gone', { endpoints: [] }, 'provider/no-endpoint'],
    ['without a model', { settings: { defaultModel: null } }, 'provider/no-model'],
  ])('%s', async (_name, setUp, code) => {
    const { chat, store, fresh, fake, db, expectFree } = await openChat(setUp);
    const place = { store, conversation: fresh };
    await expect(chat.sendMessage(place, 'question', null)).rejects.toMatchObject({ code });
    expect(await db.strict.messages.toArray()).toEqual([]);
    expect(await db.strict.conversations.toArray()).toEqual([]);
    expect(fake.requests).toEqual([]);
    await expectFree();
  });

  test('when the model belongs to another endpoint than the conversation’s', async () => {
    const { chat, store, fresh, db } = await openChat({ endpoints: [endpoint, other] });
    const conversation = { ...fresh, endpointId: other.id };
    await expect(chat.sendMessage({ store, conversation }, 'question', null)).rejects.toMatchObject(
      { code: 'provider/no-model' },
    );
    expect(await db.strict.messages.toArray()).toEqual([]);
  });

  test('while another answer runs, in whatever tab', async () => {
    const { chat, store, fresh, fake, db, expectFree } = await openChat();
    const place = { store, conversation: fresh };
    const release = await tryHoldAnswerLock(fresh.id);
    await expect(chat.sendMessage(place, 'question', null)).rejects.toMatchObject({
      code: 'chat/busy',
    });
    expect(await db.strict.messages.toArray()).toEqual([]);
    release?.();
    const run = await chat.sendMessage(place, 'question', null);
    await expect(chat.sendMessage(place, 'twice', null)).rejects.toMatchObject({
      code: 'chat/busy',
    });
    fake.say(...answered('1'));
    await readRun(run).settled;
    expect((await db.strict.messages.toArray()).map(({ content }) => content).sort()).toEqual([
      '1',
      'question',
    ]);
    await expectFree();
  });

  test('for a message that is too long; the lock is free again', async () => {
    const { chat, store, fresh, db, expectFree } = await openChat();
    const tooLong = 'x'.repeat(MAX_CONTENT_CHARACTERS + 1);
    await expect(
      chat.sendMessage({ store, conversation: fresh }, tooLong, null),
    ).rejects.toMatchObject({ code: 'chat/message-too-long' });
    expect(await db.strict.messages.toArray()).toEqual([]);
    await expectFree();
  });

  test('when the rows cannot be written; the lock is free again', async () => {
    const { chat, store, fresh, db, fake, expectFree } = await openChat();
    db.close();
    await expect(
      chat.sendMessage({ store, conversation: fresh }, 'question', null),
    ).rejects.toMatchObject({ code: 'db/closed' });
    expect(fake.requests).toEqual([]);
    await expectFree();
  });
});

describe('asking again', () => {
  test('regenerate keeps the old answer beside the new one', async () => {
    const { chat, fake, place, converse, rows, conversation } = await openChat();
    const old = await converse('question', ...answered('old'));
    const [question] = await rows();
    if (!question) throw new Error('no question');
    fake.say(...answered('new'));
    const { message } = await readRun(await chat.regenerate(await place(), question)).settled;
    const all = await rows();
    expect(all[1]).toEqual(old);
    expect(all[2]).toEqual(message);
    expect(message).toMatchObject({ content: 'new', parentId: question.id, seq: 2 });
    expect((await conversation()).activeLeafId).toBe(message.id);
    expect(fake.requests[1]?.messages).toEqual([{ role: 'user', content: 'question' }]);
  });

  test('tryAgain takes the place of the failed answer', async () => {
    const { chat, fake, place, converse, rows } = await openChat();
    const failed = await converse('question', broken);
    expect(failed.status).toBe('error');
    fake.say(...answered('at last'));
    const { message } = await readRun(await chat.tryAgain(await place(), failed)).settled;
    expect(message).toMatchObject({ id: failed.id, content: 'at last', error: null });
    expect((await rows()).map(({ content }) => content)).toEqual(['question', 'at last']);
    expect(fake.requests[1]?.messages).toEqual([{ role: 'user', content: 'question' }]);
  });

  test('tryAgain counts the tokens of the first try once', async () => {
    const { db, chat, fake, place, converse } = await openChat();
    const empty = await converse('question', usage(30, 12), finish('stop'), 'end');
    expect(empty).toMatchObject({ status: 'error', error: { code: 'provider/empty' } });
    fake.say(broken);
    const { message } = await readRun(await chat.tryAgain(await place(), empty)).settled;
    expect(message).toMatchObject({ tokenCount: null, promptTokens: null, completionTokens: null });
    expect(await readUsage(db)).toMatchObject([
      { requestCount: 2, errorCount: 2, promptTokens: 30, completionTokens: 12 },
    ]);
  });
});

describe('continueAnswer', () => {
  const cut = [reasoning('hm'), text('One '), usage(10, 5), finish('length'), 'end'] as const;

  test('adds to the same message and counts the new tokens once', async () => {
    const { db, chat, fake, place, converse, rows, conversation } = await openChat();
    const half = await converse('question', ...cut);
    fake.say(text('two'), usage(20, 3), finish('stop'), 'end');
    const { message } = await readRun(await chat.continueAnswer(await place(), half)).settled;
    expect(message).toMatchObject({ id: half.id, content: 'One two', finishReason: 'stop' });
    expect((await rows()).length).toBe(2);
    const tokenCount = 5 + 3;
    expect(message.tokenCount).toBe(tokenCount);
    expect((await conversation()).totalTokens).toBe(estimateTokens('question') + tokenCount);
    expect(await readUsage(db)).toMatchObject([
      { requestCount: 2, promptTokens: 30, completionTokens: 8 },
    ]);
    expect(fake.requests[1]?.messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
    ]);
    expect(fake.requests[1]?.messages[1]?.content).toBe('One ');
  });

  test('keeps what there was when the rest does not come', async () => {
    const { chat, fake, place, converse, rows } = await openChat();
    const half = await converse('question', ...cut);
    fake.say(broken);
    const { message } = await readRun(await chat.continueAnswer(await place(), half)).settled;
    expect(message).toMatchObject({ status: 'interrupted', content: 'One ', reasoning: 'hm' });
    expect((await rows())[1]).toEqual(message);
  });

  test('counts the new tokens once when its end is stored at the second try', async () => {
    const { db, chat, store, fake, converse, conversation } = await openChat();
    const half = await converse('question', ...cut);
    const finishAnswer = () => Promise.reject(new OnggiError('db/quota', 'full'));
    const place = { store: { ...store, finishAnswer }, conversation: await conversation() };
    fake.say(text('two'), usage(20, 3), finish('stop'), 'end');
    const run = await chat.continueAnswer(place, half);
    const { message, usage: added, unsaved } = await readRun(run).settled;
    expect(unsaved).toMatchObject({ code: 'db/quota' });
    await chat.saveAnswer(store, message, added);
    expect(await store.getMessage(half.id)).toEqual(message);
    expect(await readUsage(db)).toMatchObject([
      { requestCount: 2, promptTokens: 30, completionTokens: 8 },
    ]);
  });
});

describe('askInPassing', () => {
  test('asks about the shown branch, stores the title and counts the request', async () => {
    const { db, chat, fake, place, converse, conversation, rows } = await openChat();
    await converse('옹기란?', ...answered('A jar.'));
    const before = await rows();
    fake.say(reasoning('hm'), text('"옹기 '), text('이야기"'), finish('stop'), 'end');
    const title = await chat.askInPassing(await place(), 'title', new AbortController().signal);
    expect(title).toBe('옹기 이야기');
    expect(fake.requests[1]?.messages[1]?.content).toContain('user: 옹기란?\n\nassistant: A jar.');
    expect(await rows()).toEqual(before);
    expect(await conversation()).toMatchObject({ title: '옹기 이야기', titleOrigin: 'model' });
    expect(await readUsage(db)).toMatchObject([
      { model: 'model', requestCount: 2, unpricedCount: 2 },
    ]);
  });

  test('says when the model said nothing, and gives nothing when it was stopped', async () => {
    const { chat, fake, place, converse } = await openChat();
    await converse('question', ...answered('answer'));
    fake.say('end');
    await expect(
      chat.askInPassing(await place(), 'summary', new AbortController().signal),
    ).rejects.toMatchObject({ code: 'provider/empty' });
    fake.say(text('half a sum'));
    expect(await chat.askInPassing(await place(), 'summary', AbortSignal.abort())).toBeUndefined();
    expect(fake.requests).toHaveLength(2);
  });

  test('counts what failed, what was stopped and what was of no use, and stores nothing of it', async () => {
    const { db, chat, fake, place, converse, conversation } = await openChat();
    await converse('question', text('answer'), usage(1, 1), finish('stop'), 'end');
    const before = await conversation();
    const ask = async (signal = new AbortController().signal) =>
      chat.askInPassing(await place(), 'summary', signal);
    fake.say(new OnggiError('provider/unauthorized', 'no key'));
    await expect(ask()).rejects.toMatchObject({ code: 'provider/unauthorized' });
    fake.say(usage(20, 3), 'end');
    await expect(ask()).rejects.toMatchObject({ code: 'provider/empty' });
    const abort = new AbortController();
    fake.say(text('half a summary'), () => abort.abort());
    expect(await ask(abort.signal)).toBeUndefined();
    const { summary, titleOrigin, updatedAt, changedAt } = await conversation();
    expect({ summary, titleOrigin, updatedAt, changedAt }).toEqual({
      summary: before.summary,
      titleOrigin: before.titleOrigin,
      updatedAt: before.updatedAt,
      changedAt: before.changedAt,
    });
    expect(await readUsage(db)).toMatchObject([{ requestCount: 4, errorCount: 2 }]);
  });

  test('counts a request about a conversation that was deleted meanwhile, and does not bring it back', async () => {
    const { db, chat, fake, place, converse, fresh } = await openChat();
    await converse('question', ...answered('answer'));
    fake.say(() => void db.strict.conversations.delete(fresh.id), ...answered('Summary.'));
    await chat.askInPassing(await place(), 'summary', new AbortController().signal);
    expect(await db.strict.conversations.toArray()).toEqual([]);
    expect(await readUsage(db)).toMatchObject([{ requestCount: 2 }]);
  });

  test('sends the two ends of a long conversation', async () => {
    const { chat, fake, place, converse } = await openChat();
    await converse(`BEGIN ${'가'.repeat(20_000)}`, ...answered(`${'나'.repeat(20_000)} END`));
    fake.say(...answered('Summary.'));
    await chat.askInPassing(await place(), 'summary', new AbortController().signal);
    const sent = fake.requests[1]?.messages[1]?.content ?? '';
    expect(sent.length).toBeLessThan(12_100);
    expect(sent).toMatch(/BEGIN 가[\s\S]*\n…\n나[\s\S]* END/);
  });
});
