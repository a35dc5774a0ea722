import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { IS_LONG } from '../../seeded.ts';
import type { System } from './system.ts';

/** A long run has a sample for every ten seconds; more would be a list to read, not a picture. */
const MIN_SAMPLE_EVERY_MS = 1_000;
const SAMPLES = 180;
/**
 * By so much the last third may be above the first. V8 collects late while there is room, so that a minute says little: it would show a leak
 * of megabytes a second, half an hour one of tens of kilobytes.
 */
const MAX_GROWTH = IS_LONG ? 1.2 : 1.5;

/** Proportional set size of the recorder, sampled while something goes on. */
export class MemoryDiary {
  readonly #system: System;
  readonly #everyMs: number;
  readonly #samplesMB: number[] = [];
  #nextMs = 0;

  constructor(system: System, durationMs: number) {
    this.#system = system;
    this.#everyMs = Math.max(MIN_SAMPLE_EVERY_MS, durationMs / SAMPLES);
  }

  /** Called as often as one likes. */
  async note(): Promise<void> {
    if (performance.now() < this.#nextMs) return;
    this.#nextMs = performance.now() + this.#everyMs;
    // A recorder that was killed has none until it is started again.
    const pssMB = await pssOf(this.#system.stack.recorder.pid);
    if (pssMB !== undefined) this.#samplesMB.push(pssMB);
  }

  /** `first 98, last 102, highest 110 MB of 58 samples` */
  toString(): string {
    const [first, last, highest] = [this.#third(0), this.#third(2), Math.max(...this.#samplesMB)].map(Math.round);
    return `recorder's memory ${first} MB in the first third, ${last} MB in the last, at most ${highest} MB (${this.#samplesMB.length} samples)`;
  }

  expectFlat(): void {
    expect(this.#samplesMB.length).toBeGreaterThan(5);
    expect(this.#third(2) / this.#third(0), this.toString()).toBeLessThan(MAX_GROWTH);
  }

  /** Its mean. */
  #third(index: 0 | 2): number {
    const length = Math.ceil(this.#samplesMB.length / 3);
    const part = index === 0 ? this.#samplesMB.slice(0, length) : this.#samplesMB.slice(-length);
    return part.reduce((sum, sample) => sum + sample, 0) / part.length;
  }
}

async function pssOf(pid: number | undefined): Promise<number | undefined> {
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)![1]) / 1024;
  } catch {
    return undefined;
  }
}
