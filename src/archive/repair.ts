import { constants } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { AppError, isAppError, messageOf } from '../base/errors.ts';
import { driveError, type HeldDirectory } from '../disk/held-directory.ts';
import { closeFd, readFully, statFd, truncateFd, writeFully } from '../disk/raw-file.ts';
import type { SegmentClosedEntry } from './entries.ts';
import { checkFragments } from './fragment-check.ts';
import { chainStart } from './identity.ts';
import { readSegmentFront, type SegmentFront } from './segment-front.ts';
import { openSegmentReader } from './segment-reader.ts';
import { closedHeader, HEADER_OFFSET, SegmentTables } from './segment-tables.ts';

export interface RepairInput {
  readonly drive: HeldDirectory;
  /** Relative to the drive's root. */
  readonly path: string;
  /** Makes the drive durable: `drive.syncfs`. Repairs that run side by side share its syncs. */
  readonly sync: () => Promise<void>;
}

export interface RepairResult {
  /** For the journal; undefined when the file held no whole fragment and was removed. */
  readonly entry: SegmentClosedEntry | undefined;
  /** What was behind the last good fragment: torn or zeroed ones, half an index. */
  readonly cutBytes: number;
  /** Why the footage ends where it does, in words; undefined when nothing was wrong with it. */
  readonly problem: string | undefined;
}

/**
 * Closes a segment whose recorder could not: checks the hash of every fragment, cuts behind the last good one, appends the index and
 * only when that is durable turns the file into a plain MP4. May be interrupted at any point and repeated. A file that is closed
 * already stays as it is. AppError `corrupt` for a file whose beginning is damaged: it is left alone.
 */
export async function repairSegment(input: RepairInput): Promise<RepairResult> {
  const { drive, path } = input;
  const fd = await drive.run(() => drive.open(path, constants.O_RDWR));
  try {
    return await repairOpened(fd, input);
  } catch (error) {
    throw driveError(drive.name, `segment ${path} cannot be repaired`, error);
  } finally {
    await drive.run(() => closeFd(fd));
  }
}

async function repairOpened(fd: number, input: RepairInput): Promise<RepairResult> {
  const { drive, path, sync } = input;
  const { size } = await drive.run(() => statFd(fd));
  const front = await drive.run(() => readFront(fd, path));
  if (front === undefined) return remove(input, size, 'nothing but zeros was written');
  if (front.moovOffset !== undefined) {
    const entry = await entryOfClosed(drive, path);
    if (entry !== undefined) return { entry, cutBytes: 0, problem: undefined };
  }
  const tables = new SegmentTables(front.identityPayload);
  const end = await drive.run(() =>
    checkFragments(
      fd,
      { offset: front.firstFragmentOffset, limit: size, chainStart: chainStart(front.identityPayload) },
      (offset, head) => tables.append({ offset, ...head }),
    ),
  );
  if (tables.video.sampleCount === 0) return remove(input, size, end.problem);

  const moov = tables.closingMoov(true);
  const sizeBytes = end.endOffset + moov.length;
  await drive.run(() => writeFully(fd, [moov], end.endOffset));
  await drive.run(() => truncateFd(fd, sizeBytes)); // frees what was reserved as well
  await sync();
  await drive.run(() => writeFully(fd, [closedHeader(end.endOffset)], HEADER_OFFSET));
  await sync();
  const cutBytes = size - end.endOffset;
  return {
    entry: tables.closedEntry({ sizeBytes, hash: end.hash, isRepaired: true }),
    cutBytes,
    problem: end.problem,
  };
}

/** Undefined when there is nothing to read: the file was created and its data never reached the drive. */
async function readFront(fd: number, path: string): Promise<SegmentFront | undefined> {
  try {
    return await readSegmentFront(fd);
  } catch (error) {
    if (!isAppError(error, 'corrupt')) throw error;
    if (await isFrontUnwritten(fd)) return undefined;
    throw new AppError('corrupt', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Blocks that were allocated and never written read as zeros; a file that ends within its front has no footage either. */
const FRONT_PROBE_BYTES = 4096;

async function isFrontUnwritten(fd: number): Promise<boolean> {
  const bytes = Buffer.alloc(FRONT_PROBE_BYTES);
  const read = await readFully(fd, bytes, 0);
  return read < FRONT_PROBE_BYTES || bytes.every((byte) => byte === 0);
}

/** Undefined when the file claims to be closed and its index is not whole: a drive that reordered what it was told to make durable. */
async function entryOfClosed(drive: HeldDirectory, path: string): Promise<SegmentClosedEntry | undefined> {
  const reader = await openSegmentReader(drive.path(path), { run: (operation) => drive.run(operation) });
  try {
    return reader.isClosed ? await reader.closedEntry() : undefined;
  } finally {
    await reader.close();
  }
}

async function remove({ drive, path }: RepairInput, size: number, problem: string | undefined): Promise<RepairResult> {
  await drive.run(() => unlink(drive.path(path)));
  return { entry: undefined, cutBytes: size, problem: problem ?? 'no picture was written' };
}
