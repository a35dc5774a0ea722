import type { MediaFeed } from './media-feed.ts';

/** So many files in a row that cannot be drawn are no damage on the way: 1 s at 25 a second. */
export const MAX_DAMAGED_IN_A_ROW = 25;

export interface JpegFeedOptions<Picture> {
  /** Rejects what is no picture. */
  readonly decode: (jpeg: ArrayBuffer) => Promise<Picture>;
  readonly draw: (picture: Picture) => void;
  /** The first picture is drawn, or the first after `onDamaged`. */
  readonly onShown: () => void;
  readonly onDamaged: () => void;
}

/**
 * Motion JPEG, which no browser plays as a stream: each picture is decoded by itself and drawn. While one is being decoded only the newest
 * one waits, so that a slow machine shows fewer pictures, and none late.
 */
export function startJpegFeed<Picture extends { close(): void }>(options: JpegFeedOptions<Picture>): MediaFeed {
  let waiting: ArrayBuffer | undefined;
  let isDecoding = false;
  let isShown = false;
  let damagedInARow = 0;
  let isStopped = false;

  async function work(): Promise<void> {
    if (isDecoding) return;
    isDecoding = true;
    while (waiting !== undefined) {
      const jpeg = waiting;
      waiting = undefined;
      const picture = await options.decode(jpeg).catch(() => undefined);
      if (isStopped) picture?.close();
      else if (picture === undefined) onDamaged();
      else show(picture);
    }
    isDecoding = false;
  }

  function show(picture: Picture): void {
    options.draw(picture);
    damagedInARow = 0;
    if (!isShown) options.onShown();
    isShown = true;
  }

  /** A picture that is damaged is one less; the next one does not need it. */
  function onDamaged(): void {
    if (++damagedInARow !== MAX_DAMAGED_IN_A_ROW) return;
    isShown = false;
    options.onDamaged();
  }

  return {
    append(data) {
      if (isStopped) return;
      waiting = data;
      void work();
    },
    stop() {
      isStopped = true;
      waiting = undefined;
    },
  };
}
