import type { MediaFeed } from './media-feed.ts';

/** How a JPEG begins. */
const START_OF_IMAGE = 0xffd8;
const BOX_HEADER_BYTES = 8;

/**
 * Motion JPEG, which no browser plays as a stream: each picture is decoded by itself and drawn, and a video element shows the drawing.
 * While one is being decoded only the newest one waits, so that a slow machine shows fewer pictures and none too late. Without sound.
 */
export function startJpegFeed(options: { readonly video: HTMLVideoElement }): MediaFeed {
  const { video } = options;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const stream = canvas.captureStream();
  let next: Blob | undefined;
  let isDrawing = false;
  let isStopped = false;

  async function draw(): Promise<void> {
    if (isDrawing) return;
    isDrawing = true;
    while (next !== undefined && !isStopped) {
      const blob = next;
      next = undefined;
      // A picture that is damaged is one less.
      const bitmap = await createImageBitmap(blob).catch(() => undefined);
      if (bitmap === undefined) continue;
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      context?.drawImage(bitmap, 0, 0);
      bitmap.close();
    }
    isDrawing = false;
  }

  video.srcObject = stream;
  video
    .play()
    .catch(() => {
      // A browser that wants a click before it lets sound out still lets the picture run.
      video.muted = true;
      return video.play();
    })
    .catch(() => undefined); // stopped before it began

  return {
    append(data) {
      const picture = pictureOf(data);
      if (isStopped || picture === undefined) return;
      next = new Blob([picture], { type: 'image/jpeg' });
      void draw();
    },
    stop() {
      isStopped = true;
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}

/** The first sample of a fragment, if that is a picture: sound may follow, which decoders of JPEG pass over. */
export function pictureOf(fragment: ArrayBuffer): Uint8Array<ArrayBuffer> | undefined {
  const view = new DataView(fragment);
  for (let at = 0; at + BOX_HEADER_BYTES <= view.byteLength; ) {
    const size = view.getUint32(at);
    if (size < BOX_HEADER_BYTES || at + size > view.byteLength) return undefined;
    const isMediaData = view.getUint32(at + 4) === MDAT;
    const from = at + BOX_HEADER_BYTES;
    if (isMediaData && size > BOX_HEADER_BYTES + 2 && view.getUint16(from) === START_OF_IMAGE) {
      return new Uint8Array(fragment, from, size - BOX_HEADER_BYTES);
    }
    at += size;
  }
  return undefined;
}

/** `mdat` */
const MDAT = 0x6d646174;
