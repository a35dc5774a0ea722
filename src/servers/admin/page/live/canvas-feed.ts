import { startJpegFeed } from './jpeg-feed.ts';
import type { MediaFeed } from './media-feed.ts';

/** Shows JPEG files in a canvas. The browser decodes them beside the page, and each bitmap is handed over instead of being copied. */
export function startCanvasFeed(options: {
  readonly canvas: HTMLCanvasElement;
  readonly onShown: () => void;
  readonly onDamaged: () => void;
}): MediaFeed {
  const { canvas, onShown, onDamaged } = options;
  const context = canvas.getContext('bitmaprenderer');

  function draw(bitmap: ImageBitmap): void {
    // The canvas takes the place of the picture, so it has to have its proportions.
    if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
    if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
    context?.transferFromImageBitmap(bitmap);
  }

  const feed = startJpegFeed({
    decode: (jpeg) => createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' })),
    draw,
    onShown,
    onDamaged,
  });
  return {
    append: feed.append,
    stop() {
      feed.stop();
      // A tile that waits keeps no picture in memory.
      context?.transferFromImageBitmap(null);
    },
  };
}
