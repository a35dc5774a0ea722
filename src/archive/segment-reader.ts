import { constants } from 'node:fs';
import { AppError, isAppError } from '../base/errors.ts';
import { closeFd, openFd, readFully, statFd } from '../disk/raw-file.ts';
import { BOX_HEADER_BYTES, type Box, findUuid, readBoxes, readBoxHeader } from '../media/fmp4/box.ts';
import type { FragmentInput } from '../media/fmp4/fragment.ts';
import { TAIL_BYTES } from '../media/fmp4/fragment-layout.ts';
import { fragmentHeadBytes, parseFragmentHead, parseFragmentTail, runOf } from '../media/fmp4/fragment-parse.ts';
import { type MovieTables, parseMovieTables, tableOfLog } from '../media/fmp4/sample-table.ts';
import { CONTENTS_UUID, type Contents, type FragmentInfo, parseContents } from './contents-table.ts';
import type { SegmentClosedEntry } from './entries.ts';
import { walkFragments } from './fragment-walk.ts';
import type { SegmentFormats, SegmentIdentity } from './identity.ts';
import { closedEntryOf } from './segment-entry.ts';
import { readSegmentFront, type SegmentFront } from './segment-front.ts';
import { endOfFragments, SegmentTables } from './segment-tables.ts';

/** A quarter of an hour at 60 frames a second with sound has an index below 2 MB. */
const MAX_MOOV_BYTES = 64 * 1024 * 1024;

export interface SegmentReaderOptions {
  /** `drive.run`, so that the drive's bound on operations holds. */
  readonly run?: <T>(operation: () => Promise<T>) => Promise<T>;
}

/** A fragment with its samples, views into one piece of memory. */
export interface ReadFragment extends FragmentInput {
  readonly info: FragmentInfo;
  readonly hash: Buffer;
}

/**
 * Opens a segment for reading, also while the recorder still writes it. A closed one costs two reads, an open one a small read for
 * each fragment. AppError `corrupt` when it is no segment; errors of the system pass as they are. `close()` it.
 */
export async function openSegmentReader(path: string, options: SegmentReaderOptions = {}): Promise<SegmentReader> {
  const run = options.run ?? ((operation) => operation());
  const fd = await run(() => openFd(path, constants.O_RDONLY));
  try {
    const front = await run(() => readSegmentFront(fd));
    const reader = new SegmentReader({ path, fd, run, front });
    await reader.refresh();
    return reader;
  } catch (error) {
    await run(() => closeFd(fd));
    if (error instanceof AppError) throw new AppError(error.kind, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

export class SegmentReader {
  readonly path: string;
  readonly #fd: number;
  readonly #run: <T>(operation: () => Promise<T>) => Promise<T>;
  #front: SegmentFront;
  /** While the file is open. */
  #growing: SegmentTables | undefined;
  /** Once it is closed. */
  #contents: Contents | undefined;

  constructor(reader: {
    path: string;
    fd: number;
    run: <T>(operation: () => Promise<T>) => Promise<T>;
    front: SegmentFront;
  }) {
    this.path = reader.path;
    this.#fd = reader.fd;
    this.#run = reader.run;
    this.#front = reader.front;
  }

  get isClosed(): boolean {
    return this.#contents !== undefined;
  }

  /** Closed by repair, after a crash or a power cut. */
  get isRepaired(): boolean {
    return this.#contents?.isRepaired ?? false;
  }

  get identity(): SegmentIdentity {
    return this.#front.identity;
  }

  get formats(): SegmentFormats {
    return this.#front.identity.formats;
  }

  /** Hash of the last fragment of the channel's segment before this one. */
  get predecessorHash(): Buffer {
    return this.#front.identity.predecessorHash;
  }

  /** The init `moov` within the file. */
  get init(): { readonly offset: number; readonly sizeBytes: number } {
    return this.#front.init;
  }

  get fragments(): readonly FragmentInfo[] {
    return this.#contents?.fragments ?? this.#growing?.fragments ?? [];
  }

  /** Wall time at which the last whole fragment ends. */
  get endUtcMs(): number {
    return endOfFragments(this.fragments) ?? this.identity.name.startUtcMs;
  }

  /** Takes in what was written since: further whole fragments, or that the file was closed. True when something changed. */
  async refresh(): Promise<boolean> {
    if (this.#contents !== undefined) return false;
    return this.#run(async () => {
      this.#front = await readSegmentFront(this.#fd);
      const contents = await this.#readContents();
      if (contents !== undefined) {
        this.#contents = contents;
        this.#growing = undefined;
        return true;
      }
      return this.#walkOn();
    });
  }

  /** A fragment with its samples. */
  async readFragment(index: number): Promise<ReadFragment> {
    const info = this.#requireFragment(index);
    const bytes = await this.readRange(info.offset, info.sizeBytes);
    const headBytes = fragmentHeadBytes(bytes);
    if (headBytes === undefined || headBytes > bytes.length)
      throw this.#corrupt(`no fragment at offset ${info.offset}`);
    const head = parseFragmentHead(bytes.subarray(0, headBytes));
    const hash = parseFragmentTail(bytes.subarray(bytes.length - TAIL_BYTES));
    if (head.sizeBytes !== info.sizeBytes || hash === undefined) throw this.#corrupt(`fragment ${index} is not whole`);
    const data = bytes.subarray(headBytes, bytes.length - TAIL_BYTES);
    return {
      info,
      hash,
      wallUtcMs: head.wallUtcMs,
      video: head.video && runOf(head.video, data),
      audio: head.audio && runOf(head.audio, data.subarray(head.video?.sizeBytes ?? 0)),
    };
  }

  /** Fragments `from` up to, and not including, `to`, one after the other; only one is in memory. */
  async *readFragments(from: number, to: number): AsyncGenerator<ReadFragment> {
    for (let index = from; index < to; index++) yield await this.readFragment(index);
  }

  /** Bytes of the file as they are; AppError `corrupt` when it ends before. */
  async readRange(offset: number, sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(sizeBytes);
    const read = await this.#run(() => readFully(this.#fd, bytes, offset));
    if (read < sizeBytes) throw this.#corrupt(`ends at ${offset + read}, ${offset + sizeBytes} was expected`);
    return bytes;
  }

  /** Every sample as columns, for exports. */
  async readTables(): Promise<MovieTables> {
    const moov = await this.#run(() => this.#readMoov());
    if (this.isClosed && moov !== undefined) return parseMovieTables(moov);
    const growing = this.#growing;
    if (growing === undefined) throw this.#corrupt('its index cannot be read');
    const { video, audio } = this.formats;
    return {
      video: tableOfLog(growing.video, video.clockRate),
      audio: growing.audio && audio && tableOfLog(growing.audio, audio.clockRate),
    };
  }

  /** The journal's line of a closed segment, made from the file alone. */
  async closedEntry(): Promise<SegmentClosedEntry> {
    const last = this.fragments.at(-1);
    if (!this.isClosed || last === undefined) throw this.#corrupt('is not a closed segment');
    const [{ video }, { size: sizeBytes }, tail] = await Promise.all([
      this.readTables(),
      this.#run(() => statFd(this.#fd)),
      this.readRange(last.offset + last.sizeBytes - TAIL_BYTES, TAIL_BYTES),
    ]);
    const hash = parseFragmentTail(tail);
    if (hash === undefined) throw this.#corrupt('its last fragment is not whole');
    return closedEntryOf(this.identity, {
      endUtcMs: this.endUtcMs,
      sizeBytes,
      videoFrames: video.count,
      hash,
      isRepaired: this.isRepaired,
      startsWithKey: this.fragments[0]?.startsWithKey ?? false,
    });
  }

  async close(): Promise<void> {
    await this.#run(() => closeFd(this.#fd));
  }

  async #walkOn(): Promise<boolean> {
    this.#growing ??= new SegmentTables(this.#front.identityPayload);
    const last = this.#growing.fragments.at(-1);
    const from = last === undefined ? this.#front.firstFragmentOffset : last.offset + last.sizeBytes;
    let isChanged = false;
    for await (const { offset, head } of walkFragments(this.#fd, from)) {
      this.#growing.append({ offset, ...head });
      isChanged = true;
    }
    return isChanged;
  }

  /** Undefined while the file is open, also when it claims to be closed but its index is damaged: the fragments are still there. */
  async #readContents(): Promise<Contents | undefined> {
    try {
      const moov = await this.#readMoov();
      const payload = moov && findUuid(moov, CONTENTS_UUID);
      return payload && parseContents(payload);
    } catch (error) {
      if (isAppError(error, 'corrupt')) return undefined;
      throw error;
    }
  }

  async #readMoov(): Promise<Box[] | undefined> {
    const { moovOffset } = this.#front;
    if (moovOffset === undefined) return undefined;
    const { size } = await statFd(this.#fd);
    const sizeBytes = size - moovOffset;
    if (sizeBytes < BOX_HEADER_BYTES || sizeBytes > MAX_MOOV_BYTES) return undefined;
    const bytes = Buffer.allocUnsafe(sizeBytes);
    if ((await readFully(this.#fd, bytes, moovOffset)) < sizeBytes) return undefined;
    const header = readBoxHeader(bytes, 0);
    if (header?.type !== 'moov' || header.sizeBytes !== sizeBytes) return undefined;
    return readBoxes(bytes.subarray(header.headerBytes));
  }

  #requireFragment(index: number): FragmentInfo {
    const info = this.fragments[index];
    if (info === undefined)
      throw new AppError('not-found', `${this.path}: no fragment ${index}, it has ${this.fragments.length}`);
    return info;
  }

  #corrupt(detail: string): AppError {
    return new AppError('corrupt', `${this.path}: ${detail}`);
  }
}
