/**
 * The camera's name as a picture, drawn with a font of its own: clips look the same on every machine, whichever fonts and ffmpeg
 * filters it has.
 */
const GLYPH_WIDTH = 5;
const GLYPH_HEIGHT = 7;
/** Around the text, in pixels of the font. */
const MARGIN = 1;

/** Rows of 5 bits, top first. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  ' ': [0, 0, 0, 0, 0, 0, 0],
  '-': [0, 0, 0, 31, 0, 0, 0],
  '.': [0, 0, 0, 0, 0, 12, 12],
  ':': [0, 12, 12, 0, 12, 12, 0],
  '#': [10, 10, 31, 10, 31, 10, 10],
  '?': [14, 17, 1, 2, 4, 0, 4],
  '0': [14, 17, 19, 21, 25, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '2': [14, 17, 1, 2, 4, 8, 31],
  '3': [31, 2, 4, 2, 1, 17, 14],
  '4': [2, 6, 10, 18, 31, 2, 2],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '6': [6, 8, 16, 30, 17, 17, 14],
  '7': [31, 1, 2, 4, 8, 8, 8],
  '8': [14, 17, 17, 14, 17, 17, 14],
  '9': [14, 17, 17, 15, 1, 2, 12],
  A: [14, 17, 17, 31, 17, 17, 17],
  B: [30, 17, 17, 30, 17, 17, 30],
  C: [14, 17, 16, 16, 16, 17, 14],
  D: [28, 18, 17, 17, 17, 18, 28],
  E: [31, 16, 16, 30, 16, 16, 31],
  F: [31, 16, 16, 30, 16, 16, 16],
  G: [14, 17, 16, 23, 17, 17, 15],
  H: [17, 17, 17, 31, 17, 17, 17],
  I: [14, 4, 4, 4, 4, 4, 14],
  J: [7, 2, 2, 2, 2, 18, 12],
  K: [17, 18, 20, 24, 20, 18, 17],
  L: [16, 16, 16, 16, 16, 16, 31],
  M: [17, 27, 21, 21, 17, 17, 17],
  N: [17, 17, 25, 21, 19, 17, 17],
  O: [14, 17, 17, 17, 17, 17, 14],
  P: [30, 17, 17, 30, 16, 16, 16],
  Q: [14, 17, 17, 17, 21, 18, 13],
  R: [30, 17, 17, 30, 20, 18, 17],
  S: [15, 16, 16, 14, 1, 1, 30],
  T: [31, 4, 4, 4, 4, 4, 4],
  U: [17, 17, 17, 17, 17, 17, 14],
  V: [17, 17, 17, 17, 17, 10, 4],
  W: [17, 17, 17, 21, 21, 21, 10],
  X: [17, 17, 10, 4, 10, 17, 17],
  Y: [17, 17, 17, 10, 4, 4, 4],
  Z: [31, 1, 2, 4, 8, 16, 31],
};

/** A binary PGM image, white on black, `scale` pixels for each pixel of the font. Letters without a glyph appear as a question mark. */
export function drawLabel(text: string, scale: number): Buffer {
  const rows = textRows(text.toUpperCase());
  const width = rows[0]!.length * scale;
  const pixels = Buffer.alloc(width * rows.length * scale);
  for (const [y, row] of rows.entries()) {
    for (const [x, isSet] of row.entries()) {
      if (!isSet) continue;
      for (let dy = 0; dy < scale; dy++) {
        const start = (y * scale + dy) * width + x * scale;
        pixels.fill(255, start, start + scale);
      }
    }
  }
  return Buffer.concat([Buffer.from(`P5\n${width} ${rows.length * scale}\n255\n`), pixels]);
}

function textRows(text: string): boolean[][] {
  const glyphs = [...text].map((letter) => GLYPHS[letter] ?? GLYPHS['?']!);
  const blank = Array.from({ length: MARGIN * 2 + glyphs.length * (GLYPH_WIDTH + 1) - 1 }, () => false);
  const lines = Array.from({ length: GLYPH_HEIGHT }, (_, y) => {
    const line = glyphs.flatMap((glyph) =>
      [4, 3, 2, 1, 0, -1].map((bit) => bit >= 0 && ((glyph[y]! >> bit) & 1) === 1),
    );
    return [...Array(MARGIN).fill(false), ...line.slice(0, -1), ...Array(MARGIN).fill(false)];
  });
  return [blank, ...lines, blank];
}
