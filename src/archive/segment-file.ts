import { constants } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { invariant } from '../base/assert.ts';
import { AppError, errnoCode } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import { driveError, type HeldDirectory } from '../disk/held-directory.ts';
import { closeFd, truncateFd, writeFully } from '../disk/raw-file.ts';
import { buildFragment, type FragmentInput } from '../media/fmp4/fragment.ts';
import { buildInit } from '../media/fmp4/init.ts';
import { FILE_TYPE } from '../media/fmp4/movie.ts';
import type { FragmentInfo } from './contents-table.ts';
import type { SegmentClosedEntry, SegmentOpenedEntry } from './entries.ts';
import { chainStart, encodeIdentity, identityBox, type SegmentFormats } from './identity.ts';
import { FOOTAGE_DIR, type SegmentName, segmentPath } from './layout.ts';
import { closedHeader, HEADER_OFFSET, OPEN_HEADER, SegmentTables } from './segment-tables.ts';

/*
 * One segment while it is written.
 *
 *   createSegmentFile ─▶ appendFragment … ─▶ appendIndex ─▶ (drive.syncfs) ─▶ flip ─▶ (drive.syncfs)
 *                            │ a failed call may be repeated with the same fragment
 *                            └▶ abandon: the drive has gone; the file stays as it is, for repair
 *
 * Calls on one file must not overlap.
 */
export interface CreateSegmentInput {
  readonly drive: HeldDirectory;
  readonly name: SegmentName;
  readonly formats: SegmentFormats;
  /** `hash` of the channel's last segment, or NO_PREDECESSOR. */
  readonly predecessorHash: Buffer;
  readonly clock: 'synced' | 'unsynced';
  /** Room that is reserved ahead in one step; 0 on drives with a small capacity of their own. */
  readonly preallocateBytes?: number;
}

/** About a minute at 2 Mbps: few extents, and what a crash leaves reserved is freed by the repair. */
export const DEFAULT_PREALLOCATE_BYTES = 16 * 1024 * 1024;

/** Creates the file with `ftyp`, the reserve and the init `moov`. AppError `full` without room, `drive` for everything else. */
export async function createSegmentFile(input: CreateSegmentInput): Promise<SegmentFile> {
  const { drive, name } = input;
  const path = segmentPath(name);
  const identityPayload = encodeIdentity(input);
  const init = buildInit({
    ...input.formats,
    createdUtcMs: name.startUtcMs,
    extraBoxes: [identityBox(identityPayload)],
  });
  const start = [FILE_TYPE, OPEN_HEADER, init];
  const sizeBytes = FILE_TYPE.length + OPEN_HEADER.length + init.length;
  try {
    const fd = await drive.run(() => openNew(drive, path));
    try {
      await drive.run(() => writeFully(fd, start, 0));
    } catch (error) {
      await drive.run(() => closeFd(fd));
      await drive.run(() => unlink(drive.path(path))); // so that the same segment can be tried again
      throw error;
    }
    const tables = new SegmentTables(identityPayload);
    const preallocateBytes = input.preallocateBytes ?? DEFAULT_PREALLOCATE_BYTES;
    return new SegmentFile({ drive, path, fd, tables, preallocateBytes, sizeBytes, hash: chainStart(identityPayload) });
  } catch (error) {
    throw driveError(drive.name, `segment ${path} cannot be created`, error);
  }
}

export class SegmentFile {
  readonly path: string;
  readonly tables: SegmentTables;
  readonly #drive: HeldDirectory;
  readonly #fd: number;
  readonly #preallocateBytes: number;
  #preallocatedTo = 0;
  #sizeBytes: number;
  #moovOffset = 0;
  #hash: Buffer;
  #state: 'open' | 'indexed' | 'ended' = 'open';
  #isBusy = false;

  constructor(file: {
    drive: HeldDirectory;
    path: string;
    fd: number;
    tables: SegmentTables;
    preallocateBytes: number;
    sizeBytes: number;
    hash: Buffer;
  }) {
    this.path = file.path;
    this.tables = file.tables;
    this.#drive = file.drive;
    this.#fd = file.fd;
    this.#preallocateBytes = file.preallocateBytes;
    this.#sizeBytes = file.sizeBytes;
    this.#hash = file.hash;
  }

  get name(): SegmentName {
    return this.tables.identity.name;
  }

  /** Of the last fragment written; goes to the channel's next segment as its predecessor. */
  get hash(): Buffer {
    return this.#hash;
  }

  /** Bytes written; blocks reserved beyond them do not count. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get fragmentCount(): number {
    return this.tables.fragments.length;
  }

  /** Written, not necessarily durable. */
  get endUtcMs(): number {
    return this.tables.endUtcMs;
  }

  openedEntry(): SegmentOpenedEntry {
    const { unit, channelId, stream, boot, seq, startUtcMs } = this.name;
    return { kind: 'segment-opened', unit, channelId, stream, boot, seq, path: this.path, startUtcMs };
  }

  /** The journal's line, true once `flip` has become durable. */
  closedEntry(): SegmentClosedEntry {
    return this.tables.closedEntry({ sizeBytes: this.#sizeBytes, hash: this.#hash, isRepaired: false });
  }

  /**
   * One `writev` at the end of what was written. When it fails nothing has changed as far as this object knows, so the caller may make
   * room (AppError `full`) and call again with the same fragment.
   */
  async appendFragment(input: FragmentInput): Promise<FragmentInfo> {
    return this.#exclusively('open', async () => {
      const built = buildFragment(input, { sequence: this.fragmentCount + 1, previousHash: this.#hash });
      await this.#reserve(this.#sizeBytes + built.sizeBytes);
      await this.#write(built.buffers, this.#sizeBytes);
      const offset = this.#sizeBytes;
      this.#sizeBytes += built.sizeBytes;
      this.#hash = built.hash;
      const { video, audio } = input;
      return this.tables.append({
        offset,
        headBytes: built.headBytes,
        sizeBytes: built.sizeBytes,
        wallUtcMs: input.wallUtcMs,
        video:
          video && built.videoRecords
            ? { baseDecodeTime: video.baseDecodeTime, records: built.videoRecords, sizeBytes: built.videoBytes }
            : undefined,
        audio:
          audio && built.audioRecords
            ? { baseDecodeTime: audio.baseDecodeTime, records: built.audioRecords }
            : undefined,
      });
    });
  }

  /** Writes the closing `moov` behind the fragments and frees what was reserved beyond. It must be durable before `flip`. */
  async appendIndex(): Promise<void> {
    await this.#exclusively('open', async () => {
      const moov = this.tables.closingMoov(false);
      await this.#write([moov], this.#sizeBytes);
      await this.#call('cannot be cut to its size', () => truncateFd(this.#fd, this.#sizeBytes + moov.length));
      this.#moovOffset = this.#sizeBytes;
      this.#sizeBytes += moov.length;
      this.#state = 'indexed';
    });
  }

  /** Turns the file into a plain MP4, and closes it. */
  async flip(): Promise<void> {
    await this.#exclusively('indexed', async () => {
      await this.#write([closedHeader(this.#moovOffset)], HEADER_OFFSET);
      this.#state = 'ended';
      await this.#call('cannot be closed', () => closeFd(this.#fd));
    });
  }

  /** Lets go of the file as it is. Never fails, and must not be awaited on a drive that may hang. */
  async abandon(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    try {
      await closeFd(this.#fd);
    } catch {
      return; // the descriptor is gone either way
    }
  }

  async #exclusively<T>(state: 'open' | 'indexed', work: () => Promise<T>): Promise<T> {
    invariant(!this.#isBusy, `${this.path}: two calls at a time`);
    if (this.#state !== state) throw new AppError('internal', `${this.path}: is ${this.#state}, not ${state}`);
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
    }
  }

  async #reserve(endOffset: number): Promise<void> {
    if (this.#preallocateBytes === 0 || endOffset <= this.#preallocatedTo) return;
    const steps = Math.ceil((endOffset - this.#preallocatedTo) / this.#preallocateBytes);
    const length = steps * this.#preallocateBytes;
    await this.#drive.run(() => this.#drive.preallocate(this.#fd, this.#preallocatedTo, length));
    this.#preallocatedTo += length;
  }

  #write(buffers: readonly Buffer[], offset: number): Promise<void> {
    return this.#call(`cannot be written at ${formatBytes(offset)}`, () => writeFully(this.#fd, buffers, offset));
  }

  async #call(what: string, operation: () => Promise<void>): Promise<void> {
    try {
      await this.#drive.run(operation);
    } catch (error) {
      throw driveError(this.#drive.name, `${this.path}: ${what}`, error);
    }
  }
}

/** The folder of the drive has to exist: a missing one means that this is not the drive. Folders below it are made. */
async function openNew(drive: HeldDirectory, path: string): Promise<number> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  try {
    return await drive.open(path, flags);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  const parts = path.slice(FOOTAGE_DIR.length + 1).split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    try {
      await mkdir(drive.path(`${FOOTAGE_DIR}/${parts.slice(0, depth).join('/')}`), 0o755);
    } catch (error) {
      if (errnoCode(error) !== 'EEXIST') throw error;
    }
  }
  return drive.open(path, flags);
}
