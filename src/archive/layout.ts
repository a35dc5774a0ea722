import { join } from 'node:path';

/*
 * <drive>/holdfast/drive.json
 *                  README.txt
 *                  footage/<unit>/<channel>/<YYYY-MM-DD>/<HH-MM-SS.mmm>Z-<boot>-<seq>.mp4
 *                  journal/<YYYY-MM-DD>.ndjson
 *
 * All paths here are relative to the drive's root and use `/`. Times are UTC; no character is one that exFAT refuses.
 */
export const HOLDFAST_DIR = 'holdfast';
export const FOOTAGE_DIR = `${HOLDFAST_DIR}/footage`;
export const JOURNAL_DIR = `${HOLDFAST_DIR}/journal`;
export const DRIVE_LABEL_PATH = `${HOLDFAST_DIR}/drive.json`;
export const README_PATH = `${HOLDFAST_DIR}/README.txt`;

/** What names a segment, in its path, in the file and in the journal. The day and time of the path are those of `startUtcMs`. */
export interface SegmentName {
  readonly unit: string;
  readonly channelId: string;
  readonly stream: 'main';
  readonly boot: number;
  readonly seq: number;
  readonly startUtcMs: number;
}

const UNIT = /^[0-9a-f]{8}$/;
const CHANNEL_ID = /^[0-9a-f]{8}(?:-[a-z0-9-]+)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const FILE = /^(\d{2})-(\d{2})-(\d{2})\.(\d{3})Z-(\d{1,10})-(\d{1,10})\.mp4$/;

export function segmentPath(name: SegmentName): string {
  const iso = new Date(name.startUtcMs).toISOString();
  const file = `${iso.slice(11, 23).replaceAll(':', '-')}Z-${name.boot}-${name.seq}.mp4`;
  return `${FOOTAGE_DIR}/${name.unit}/${name.channelId}/${iso.slice(0, 10)}/${file}`;
}

/** The name that a path stands for, or undefined when it is not that of a segment. */
export function parseSegmentPath(relativePath: string): SegmentName | undefined {
  const parts = relativePath.split('/');
  if (parts.length !== 6 || `${parts[0]}/${parts[1]}` !== FOOTAGE_DIR) return undefined;
  const [, , unit = '', channelId = '', day = '', file = ''] = parts;
  if (!isUnit(unit) || !isChannelId(channelId)) return undefined;
  return parseSegmentFile(unit, channelId, day, file);
}

/** The same for parts that a folder walk has already checked. */
export function parseSegmentFile(unit: string, channelId: string, day: string, file: string): SegmentName | undefined {
  const match = FILE.exec(file);
  if (match === null || !isDay(day)) return undefined;
  const [, hours, minutes, seconds, millis, boot, seq] = match;
  const iso = `${day}T${hours}:${minutes}:${seconds}.${millis}Z`;
  const startUtcMs = Date.parse(iso);
  // Date.parse takes the 30th of February for the 1st of March: only what reads the same again is a date.
  if (Number.isNaN(startUtcMs) || new Date(startUtcMs).toISOString() !== iso) return undefined;
  return { unit, channelId, stream: 'main', boot: Number(boot), seq: Number(seq), startUtcMs };
}

export function isUnit(name: string): boolean {
  return UNIT.test(name);
}

export function isChannelId(name: string): boolean {
  return CHANNEL_ID.test(name);
}

/** A date that exists, as folders and journal files are named. */
export function isDay(name: string): boolean {
  if (!DAY.test(name)) return false;
  const midnight = Date.parse(`${name}T00:00:00Z`);
  return !Number.isNaN(midnight) && dayOf(midnight) === name;
}

/** `2026-03-01` of a wall time. */
export function dayOf(utcMs: number): string {
  return new Date(utcMs).toISOString().slice(0, 10);
}

export function journalPath(day: string): string {
  return `${JOURNAL_DIR}/${day}.ndjson`;
}

/** Absolute path of a drive's journal folder. */
export function journalFolder(root: string): string {
  return join(root, JOURNAL_DIR);
}
