import * as v from 'valibot';

const News = v.variant('kind', [
  v.object({ kind: v.literal('cleared') }),
  v.object({ kind: v.literal('replaced'), cacheKey: v.string() }),
]);

/** What other tabs must know, because each has a memory of its own. No text goes this way. */
export type TabNews = v.InferOutput<typeof News>;

/** Talks to the other tabs about what their memory must forget. */
export interface TabChannel {
  /** Does nothing once it is closed. */
  tell(news: TabNews): void;
  close(): void;
}

/** @param onNews Told what another tab said; what is no news is passed over. */
export function openTabChannel(name: string, onNews: (news: TabNews) => void): TabChannel {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const { success, output } = v.safeParse(News, data);
    if (success) onNews(output);
  };
  let isClosed = false;
  return {
    tell(news) {
      if (!isClosed) channel.postMessage(news);
    },
    close() {
      isClosed = true;
      channel.close();
    },
  };
}
