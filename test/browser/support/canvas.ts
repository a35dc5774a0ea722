import type { Page } from 'playwright-core';

/* What a page does with the pictures that it draws itself. */

declare global {
  interface Window {
    /** From the arrival of a picture to the start of its decoding, at most so far. */
    worstLatenessMs: number;
  }
  interface HTMLCanvasElement {
    shown?: number;
  }
}

/** From the next document on: counts the pictures that each canvas is given, and lets each take `decodeMs` longer. */
export async function watchCanvases(page: Page, decodeMs = 0): Promise<void> {
  await page.addInitScript((slowMs) => {
    window.worstLatenessMs = 0;
    /** By size: those of a noisy picture hardly ever are the same twice in a row. */
    const arrivals = new Map<number, number>();
    const NativeSocket = window.WebSocket;
    window.WebSocket = class extends NativeSocket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols);
        this.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
          if (typeof data !== 'string') arrivals.set(data.byteLength, performance.now());
        });
      }
    };
    const nativeDecode = window.createImageBitmap.bind(window) as (source: Blob) => Promise<ImageBitmap>;
    window.createImageBitmap = (async (source: Blob) => {
      const latenessMs = performance.now() - (arrivals.get(source.size) ?? Number.NEGATIVE_INFINITY);
      window.worstLatenessMs = Math.max(window.worstLatenessMs, latenessMs);
      if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
      return nativeDecode(source);
    }) as typeof window.createImageBitmap;
    const { transferFromImageBitmap } = ImageBitmapRenderingContext.prototype;
    ImageBitmapRenderingContext.prototype.transferFromImageBitmap = function (bitmap: ImageBitmap | null) {
      const canvas = this.canvas as HTMLCanvasElement;
      if (bitmap !== null) canvas.shown = (canvas.shown ?? 0) + 1;
      transferFromImageBitmap.call(this, bitmap);
    };
  }, decodeMs);
}

export function canvasCount(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((canvas) => (canvas as HTMLCanvasElement).shown ?? 0);
}

export function worstLatenessMs(page: Page): Promise<number> {
  return page.evaluate(() => window.worstLatenessMs);
}

/** A part of a canvas, in its pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The brightest colour, 0 to 255, of each pixel in the area, by default of all. */
export function lookAtCanvas(
  page: Page,
  selector: string,
  area?: Area,
): Promise<{ size: [width: number, height: number]; pixels: number[]; darkest: number; brightest: number }> {
  return page.locator(selector).evaluate((element, part) => {
    const canvas = element as HTMLCanvasElement;
    const { x, y, width, height } = part ?? { x: 0, y: 0, width: canvas.width, height: canvas.height };
    const copy = document.createElement('canvas');
    copy.width = width;
    copy.height = height;
    const context = copy.getContext('2d')!;
    context.drawImage(canvas, x, y, width, height, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const pixels: number[] = [];
    for (let at = 0; at < data.length; at += 4) {
      pixels.push(Math.max(data[at]!, data[at + 1]!, data[at + 2]!));
    }
    const brightest = pixels.reduce((most, value) => Math.max(most, value), 0);
    const darkest = pixels.reduce((least, value) => Math.min(least, value), 255);
    return { size: [canvas.width, canvas.height] as [number, number], pixels, darkest, brightest };
  }, area);
}
