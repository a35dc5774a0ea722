import { DELTA_SAMPLE_FLAGS, SAMPLE_RECORD_BYTES } from './fragment-layout.ts';

/**
 * All samples of one track of a segment: the records of its `trun` boxes one after the other (16 bytes a sample, so that a 5-minute
 * segment at 25 frames per second takes 120 kB), and where each run lies. The closing index is made from this, and so are exports.
 */
export class SampleLog {
  #records = Buffer.allocUnsafeSlow(FIRST_SAMPLES * SAMPLE_RECORD_BYTES);
  #sampleCount = 0;
  readonly #runs: SampleRun[] = [];

  get sampleCount(): number {
    return this.#sampleCount;
  }

  get runs(): readonly SampleRun[] {
    return this.#runs;
  }

  /** `fileOffset` is that of the run's first sample. */
  append(records: Buffer, baseDecodeTime: number, fileOffset: number): void {
    const start = this.#sampleCount * SAMPLE_RECORD_BYTES;
    if (start + records.length > this.#records.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#records.length * 2, start + records.length));
      this.#records.copy(larger, 0, 0, start);
      this.#records = larger;
    }
    records.copy(this.#records, start);
    const sampleCount = records.length / SAMPLE_RECORD_BYTES;
    this.#runs.push({ firstSample: this.#sampleCount, sampleCount, baseDecodeTime, fileOffset });
    this.#sampleCount += sampleCount;
  }

  duration(sample: number): number {
    return this.#records.readUInt32BE(sample * SAMPLE_RECORD_BYTES);
  }

  sizeBytes(sample: number): number {
    return this.#records.readUInt32BE(sample * SAMPLE_RECORD_BYTES + 4);
  }

  isKey(sample: number): boolean {
    return (this.#records.readUInt32BE(sample * SAMPLE_RECORD_BYTES + 8) & NON_SYNC) === 0;
  }

  compositionOffset(sample: number): number {
    return this.#records.readInt32BE(sample * SAMPLE_RECORD_BYTES + 12);
  }
}

export interface SampleRun {
  readonly firstSample: number;
  readonly sampleCount: number;
  /** Ticks of the track since the segment's start. */
  readonly baseDecodeTime: number;
  readonly fileOffset: number;
}

/** Room for 40 s of video; doubles from there. */
const FIRST_SAMPLES = 1024;

/** `sample_is_non_sync_sample` */
const NON_SYNC = DELTA_SAMPLE_FLAGS & 0x00010000;
