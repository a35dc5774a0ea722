import fc from 'fast-check';

/*
 * Seeds and lengths of tests that draw at random. A short run is the same work each day with other seeds; `scripts/test --long` draws
 * twenty times as often. Every failure prints its seed; HOLDFAST_SEED repeats it.
 */
export const IS_LONG = process.env.HOLDFAST_LONG === '1';

const SHORT_RUNS = 100;
const LONG_RUNS = 2_000;

export const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);

fc.configureGlobal({ numRuns: IS_LONG ? LONG_RUNS : SHORT_RUNS });

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
