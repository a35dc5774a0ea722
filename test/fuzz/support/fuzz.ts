import fc from 'fast-check';
import { it } from 'vitest';
import { IS_LONG, SEED } from '../../seeded.ts';

/*
 * Property tests of whatever reads bytes that a camera sent. A few hundred cases of each in every run; HOLDFAST_PROPERTY_RUNS says
 * another number, for the parsers to be left alone with for an hour:
 *
 *   HOLDFAST_PROPERTY_RUNS=1000000 node_modules/node/bin/node node_modules/vitest/vitest.mjs run --project unit test/fuzz
 */

const ORDINARY_RUNS = IS_LONG ? 6_000 : 300;
const WISHED_RUNS = Number(process.env.HOLDFAST_PROPERTY_RUNS ?? 0);

/** A parser that hangs makes its test fail; one that is asked a million times may take its time. */
const TIMEOUT_MS = WISHED_RUNS > 0 ? 24 * 60 * 60_000 : 120_000;

/**
 * `check` throws when the parser does what it must not. Failures are made small and printed with their seed. `share` is for inputs
 * that take a hundred times as long as others.
 */
export function fuzz<T>(name: string, inputs: fc.Arbitrary<T>, check: (input: T) => void, share = 1): void {
  it(name, { timeout: TIMEOUT_MS }, () => {
    const numRuns = Math.ceil((WISHED_RUNS || ORDINARY_RUNS) * share);
    const startMs = performance.now();
    let cases = 0;
    fc.assert(
      fc.property(inputs, (input) => {
        cases++;
        check(input);
      }),
      { numRuns, seed: SEED },
    );
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    if (WISHED_RUNS > 0) console.log(`${name}: ${cases} cases in ${seconds} s, seed ${SEED}`);
  });
}
