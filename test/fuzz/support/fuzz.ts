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

/** Inputs that are all refused at the door test nothing behind it. Of each kind a tenth and more gets in; by chance it may be less. */
const MIN_REACH = 0.03;

/**
 * `check` throws when the parser does what it must not, and says whether something came out of the input, as it must of some.
 * Failures are made small and printed with their seed. `part` is for inputs that take a hundred times as long as others.
 */
export function fuzz<T>(name: string, inputs: fc.Arbitrary<T>, check: (input: T) => boolean, part = 1): void {
  it(name, { timeout: TIMEOUT_MS }, () => {
    const tally = new Tally(name, part);
    fc.assert(
      fc.property(inputs, (input) => tally.count(check(input))),
      tally.parameters,
    );
    tally.close();
  });
}

/** The same for what takes turns with somebody. */
export function fuzzAsync<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<boolean>,
  part = 1,
): void {
  it(name, { timeout: TIMEOUT_MS }, async () => {
    const tally = new Tally(name, part);
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => tally.count(await check(input))),
      tally.parameters,
    );
    tally.close();
  });
}

/** Counts cases, and those that something came out of. */
class Tally {
  readonly #name: string;
  readonly #startMs = performance.now();
  #cases = 0;
  #reached = 0;
  readonly parameters: { numRuns: number; seed: number };

  constructor(name: string, part: number) {
    this.#name = name;
    this.parameters = { numRuns: Math.ceil((WISHED_RUNS || ORDINARY_RUNS) * part), seed: SEED };
  }

  count(hasReached: boolean): void {
    this.#cases++;
    if (hasReached) this.#reached++;
  }

  close(): void {
    const share = this.#reached / this.#cases;
    expect(share, 'share of inputs that something came out of').toBeGreaterThan(MIN_REACH);
    const seconds = ((performance.now() - this.#startMs) / 1000).toFixed(0);
    if (WISHED_RUNS === 0) return;
    console.log(
      `${this.#name}: ${this.#cases} cases in ${seconds} s, ${(100 * share).toFixed(0)} % reached, seed ${SEED}`,
    );
  }
}
