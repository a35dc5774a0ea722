import { box, fullBox, u32 } from '../media/fmp4/box.ts';
import type { SampleTable } from '../media/fmp4/sample-table.ts';
import { GrowingTable } from './growing-table.ts';

/** Chunks `from` up to, and not including, `to` of a table. */
export interface ChunkRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Sample tables of one track of an export, out of chunks of samples that lie in several files. Only what the finished boxes hold is
 * kept, in the very form in which it is written: a day of one channel takes some 20 MB, whatever the files' own indexes take.
 */
export class ExportTrackTables {
  readonly #hasPictures: boolean;
  readonly #sizes = new GrowingTable();
  readonly #durations = new RunLengths();
  readonly #compositionOffsets = new RunLengths();
  readonly #keys = new GrowingTable();
  /** Triples: first chunk, samples per chunk, sample description. */
  readonly #chunkShapes = new GrowingTable();
  /** Pairs: high and low half of the offset. */
  readonly #chunkOffsets = new GrowingTable();
  #lastShape = { sampleCount: 0, description: 0 };
  /** The newest sample: its duration is final when the next one is known. */
  #pending: { startTicks: number; durationTicks: number } | undefined;

  constructor(options: { hasPictures: boolean }) {
    this.#hasPictures = options.hasPictures;
  }

  get sampleCount(): number {
    return this.#sizes.count;
  }

  /** Where the newest sample ends, in ticks from the track's first sample. */
  get endTicks(): number {
    return this.#pending === undefined ? 0 : this.#pending.startTicks + Math.max(1, this.#pending.durationTicks);
  }

  /**
   * Adds chunks whose first sample is decoded at `startTicks`. What lies between it and the sample before lengthens that one: the
   * picture is held. Where decoding would begin before the end of the last (it reorders more pictures than the file before), the
   * times are squeezed in behind it, and the pictures are still shown at theirs.
   */
  add(
    table: SampleTable,
    chunks: ChunkRange,
    place: { startTicks: number; description: number; toResult: number },
  ): void {
    let naturalTicks = place.startTicks;
    for (let chunk = chunks.from; chunk < chunks.to; chunk++) {
      const first = table.chunkFirstSample[chunk]!;
      const end = table.chunkFirstSample[chunk + 1]!;
      for (let sample = first; sample < end; sample++) {
        this.#addSample(table, sample, naturalTicks);
        naturalTicks += table.durations[sample]!;
      }
      this.#addChunk(end - first, place.description, table.chunkOffsets[chunk]! + place.toResult);
    }
  }

  #addSample(table: SampleTable, sample: number, naturalTicks: number): void {
    const atTicks = this.#pending === undefined ? naturalTicks : Math.max(naturalTicks, this.#pending.startTicks + 1);
    this.#settle(atTicks);
    this.#pending = { startTicks: atTicks, durationTicks: naturalTicks + table.durations[sample]! - atTicks };
    this.#sizes.push(table.sizes[sample]!);
    if (!this.#hasPictures) return;
    this.#compositionOffsets.push(table.compositionOffsets[sample]! + naturalTicks - atTicks);
    if (table.isKey[sample] === 1) this.#keys.push(this.sampleCount);
  }

  #addChunk(sampleCount: number, description: number, offset: number): void {
    const high = Math.floor(offset / 2 ** 32);
    this.#chunkOffsets.push(high);
    this.#chunkOffsets.push(offset - high * 2 ** 32);
    if (this.#lastShape.sampleCount === sampleCount && this.#lastShape.description === description) return;
    this.#lastShape = { sampleCount, description };
    this.#chunkShapes.push(this.#chunkOffsets.count / 2);
    this.#chunkShapes.push(sampleCount);
    this.#chunkShapes.push(description);
  }

  #settle(nextTicks: number): void {
    if (this.#pending !== undefined) this.#durations.push(nextTicks - this.#pending.startTicks);
    this.#pending = undefined;
  }

  /** What follows `stsd` in `stbl`; `co64` is the last, so that its entries can be found from the end of the track. */
  finish(): { boxes: Buffer[]; durationTicks: number; chunkCount: number } {
    const durationTicks = this.endTicks;
    this.#settle(durationTicks);
    const hasOffsets = this.#hasPictures && !this.#compositionOffsets.isAll(0);
    const hasKeys = this.#hasPictures && this.#keys.count < this.sampleCount;
    const chunkCount = this.#chunkOffsets.count / 2;
    const boxes = [
      fullBox('stts', 0, 0, this.#durations.finish()),
      ...(hasOffsets ? [fullBox('ctts', 1, 0, this.#compositionOffsets.finish())] : []),
      ...(hasKeys ? [fullBox('stss', 0, 0, u32(this.#keys.count), this.#keys.bytes())] : []),
      fullBox('stsc', 0, 0, u32(this.#chunkShapes.count / 3), this.#chunkShapes.bytes()),
      fullBox('stsz', 0, 0, u32(0, this.sampleCount), this.#sizes.bytes()),
      fullBox('co64', 0, 0, u32(chunkCount), this.#chunkOffsets.bytes()),
    ];
    return { boxes, durationTicks, chunkCount };
  }
}

/** Pairs of how many samples in a row and their value, as in `stts` and `ctts`. */
class RunLengths {
  readonly #pairs = new GrowingTable();
  #count = 0;
  #value = 0;

  push(value: number): void {
    if (this.#count > 0 && value !== this.#value) this.#flush();
    this.#value = value;
    this.#count++;
  }

  isAll(value: number): boolean {
    return this.#pairs.count === 0 && (this.#count === 0 || this.#value === value);
  }

  /** Count of pairs, then the pairs. */
  finish(): Buffer {
    if (this.#count > 0) this.#flush();
    return Buffer.concat([u32(this.#pairs.count / 2), this.#pairs.bytes()]);
  }

  #flush(): void {
    this.#pairs.push(this.#count);
    this.#pairs.push(this.#value);
    this.#count = 0;
  }
}

/** Several edits of one track, in ticks of the movie; `mediaTicks` in those of the track, -1 where nothing is shown. */
export function editList(edits: readonly { durationTicks: number; mediaTicks: number }[]): Buffer {
  const entries = Buffer.alloc(edits.length * 20);
  edits.forEach(({ durationTicks, mediaTicks }, i) => {
    entries.writeBigUInt64BE(BigInt(durationTicks), i * 20);
    entries.writeBigInt64BE(BigInt(mediaTicks), i * 20 + 8);
    entries.writeUInt32BE(0x00010000, i * 20 + 16); // normal speed
  });
  return box('edts', fullBox('elst', 1, 0, u32(edits.length), entries));
}
