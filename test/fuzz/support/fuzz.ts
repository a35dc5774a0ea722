import fc from 'fast-check';
import { expect, it } from 'vitest';
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

/** Inputs that are all refused at the door test nothing behind it. */
const MIN_REACH = 0.1;

/**
 * `check` throws when the parser does what it must not, and says whether something came out of the input: of a tenth at least it must.
 * Failures are made small and printed with their seed. `part` is for inputs that take a hundred times as long as others.
 */
export function fuzz<T>(name: string, inputs: fc.Arbitrary<T>, check: (input: T) => boolean, part = 1): void {
  it(name, { timeout: TIMEOUT_MS }, () => {
    const numRuns = Math.ceil((WISHED_RUNS || ORDINARY_RUNS) * part);
    const startMs = performance.now();
    let [cases, reached] = [0, 0];
    fc.assert(
      fc.property(inputs, (input) => {
        cases++;
        if (check(input)) reached++;
      }),
      { numRuns, seed: SEED },
    );
    expect(reached / cases, 'share of inputs that something came out of').toBeGreaterThan(MIN_REACH);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    const share100 = ((100 * reached) / cases).toFixed(0);
    if (WISHED_RUNS > 0) console.log(`${name}: ${cases} cases in ${seconds} s, ${share100} % reached, seed ${SEED}`);
  });
}
