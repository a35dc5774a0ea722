import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createDriveLabel, type DriveLabel } from '../../src/archive/drive-label.ts';
import type { SegmentFormats } from '../../src/archive/identity.ts';
import { NO_PREDECESSOR } from '../../src/archive/identity.ts';
import { DRIVE_LABEL_PATH, type SegmentName } from '../../src/archive/layout.ts';
import { createSegmentFile, type SegmentFile } from '../../src/archive/segment-file.ts';
import { type HeldDirectory, openHeldDirectory } from '../../src/disk/held-directory.ts';
import type { FragmentInput } from '../../src/media/fmp4/fragment.ts';

export const UNIT = '0a1b2c3d';
export const CHANNEL = '7f3a91c2-loading-dock';
export const START_UTC_MS = Date.UTC(2026, 2, 1, 10, 0, 0);

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder that is one of our drives, held open; gone after the test. */
export async function temporaryDrive(): Promise<{ root: string; label: DriveLabel; drive: HeldDirectory }> {
  const root = temporaryFolder();
  const label = await createDriveLabel(root, { label: 'test drive', unit: UNIT, nowUtcMs: START_UTC_MS });
  const drive = await openHeldDirectory(root, { name: 'bay 1', identity: { path: DRIVE_LABEL_PATH, id: label.id } });
  cleanUps.push(() => drive.close());
  return { root, label, drive };
}

export function segmentName(change: Partial<SegmentName> = {}): SegmentName {
  return { unit: UNIT, channelId: CHANNEL, stream: 'main', boot: 3, seq: 12, startUtcMs: START_UTC_MS, ...change };
}

/** Formats that parse; the samples of `madeUpFragments` are no pictures. */
export const MADE_UP_FORMATS: SegmentFormats = {
  video: {
    kind: 'video',
    codec: 'h264',
    codecString: 'avc1.42C01E',
    width: 640,
    height: 480,
    clockRate: 90_000,
    vps: [],
    sps: [Buffer.from('6742c01ed900a0470fe5c0440000030004000003001e3c60c920', 'hex')],
    pps: [Buffer.from('68cb83cb20', 'hex')],
    reorderDepth: 0,
  },
  audio: { kind: 'audio', codec: 'pcmu', codecString: 'ulaw', clockRate: 8000, channels: 1, config: Buffer.alloc(0) },
};

/** Half-second fragments with `frames` frames and one packet of sound each; every second one starts with a key frame. */
export function madeUpFragments(
  count: number,
  options: { frames?: number; frameBytes?: number } = {},
): FragmentInput[] {
  const { frames = 5, frameBytes = 400 } = options;
  const duration = 45_000 / frames;
  return Array.from({ length: count }, (_, i) => ({
    wallUtcMs: START_UTC_MS + i * 500,
    video: {
      baseDecodeTime: i * 45_000,
      samples: Array.from({ length: frames }, (__, frame) => ({
        data: Buffer.alloc(frameBytes + frame, i + 1),
        duration,
        compositionOffset: 0,
        isKey: i % 2 === 0 && frame === 0,
      })),
    },
    audio: {
      baseDecodeTime: i * 4000,
      samples: [{ data: Buffer.alloc(4000, 255 - i), duration: 4000, compositionOffset: 0, isKey: true }],
    },
  }));
}

export async function openSegment(drive: HeldDirectory, change: Partial<SegmentName> = {}): Promise<SegmentFile> {
  return createSegmentFile({
    drive,
    name: segmentName(change),
    formats: MADE_UP_FORMATS,
    predecessorHash: NO_PREDECESSOR,
    clock: 'synced',
  });
}

/** As the recorder does it. */
export async function closeSegment(drive: HeldDirectory, file: SegmentFile): Promise<void> {
  await file.appendIndex();
  await drive.syncfs();
  await file.flip();
  await drive.syncfs();
}
