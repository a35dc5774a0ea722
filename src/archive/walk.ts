import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../base/errors.ts';
import { FOOTAGE_DIR, isChannelId, isDay, isUnit, parseSegmentFile, type SegmentName, segmentPath } from './layout.ts';

export interface WalkedSegment {
  readonly name: SegmentName;
  /** Relative to the drive's root. */
  readonly path: string;
}

/** A folder of one channel's footage of one day. */
interface DayFolder {
  readonly unit: string;
  readonly channelId: string;
  readonly day: string;
}

/**
 * Every segment of a drive, oldest first (across channels), by names alone: nothing is opened, and only one day is in memory. Files
 * that are not named like segments are passed over.
 */
export async function* walkSegments(root: string, only: { unit?: string } = {}): AsyncGenerator<WalkedSegment> {
  const days = await footageDays(root, only);
  for (const day of [...days.keys()].sort()) yield* await segmentsOfDay(root, days.get(day)!);
}

/** The folders of each day. */
export async function footageDays(root: string, only: { unit?: string } = {}): Promise<Map<string, DayFolder[]>> {
  const footage = join(root, FOOTAGE_DIR);
  const days = new Map<string, DayFolder[]>();
  for (const unit of await namesIn(footage, isUnit)) {
    if (only.unit !== undefined && unit !== only.unit) continue;
    for (const channelId of await namesIn(join(footage, unit), isChannelId)) {
      for (const day of await namesIn(join(footage, unit, channelId), isDay)) {
        const folder = { unit, channelId, day };
        const folders = days.get(day);
        if (folders === undefined) days.set(day, [folder]);
        else folders.push(folder);
      }
    }
  }
  return days;
}

export async function segmentsOfDay(root: string, folders: readonly DayFolder[]): Promise<WalkedSegment[]> {
  const found: WalkedSegment[] = [];
  for (const { unit, channelId, day } of folders) {
    for (const file of await namesIn(join(root, FOOTAGE_DIR, unit, channelId, day), () => true)) {
      const name = parseSegmentFile(unit, channelId, day, file);
      if (name !== undefined) found.push({ name, path: segmentPath(name) });
    }
  }
  return found.sort((a, b) => a.name.startUtcMs - b.name.startUtcMs || a.name.seq - b.name.seq);
}

/** Empty when the folder does not exist: it may be deleted while others walk. */
async function namesIn(folder: string, isWanted: (name: string) => boolean): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(isWanted);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
