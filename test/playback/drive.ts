import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_PREDECESSOR } from '../../src/archive/identity.ts';
import { FOOTAGE_DIR } from '../../src/archive/layout.ts';
import { createSegmentFile, type SegmentFile } from '../../src/archive/segment-file.ts';
import type { CatalogSegment } from '../../src/catalog/rows.ts';
import { type HeldDirectory, openHeldDirectory } from '../../src/disk/held-directory.ts';
import type { FragmentInput } from '../../src/media/fmp4/fragment.ts';
import type { Clip, ClipSample } from './footage.ts';

export const UNIT = '01234567';
export const CHANNEL = '7f3a91c2-loading-dock';
export const FRAGMENT_MS = 500;

/** A folder that stands for a drive, with segments written into it by the archive's own writer. */
export interface TestDrive {
  readonly root: string;
  /** Writes a clip as one segment. With `isOpen` it stays without its closing index, as while it is being recorded. */
  write(clip: Clip, segment: { seq: number; startUtcMs: number; isOpen?: boolean }): Promise<CatalogSegment>;
  /** Begins a segment to which fragments can be added one after the other. */
  begin(
    clip: Clip,
    segment: { seq: number; startUtcMs: number },
  ): Promise<{ file: SegmentFile; entry: CatalogSegment }>;
  remove(): Promise<void>;
}

export async function makeDrive(): Promise<TestDrive> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-drive-'));
  await mkdir(join(root, FOOTAGE_DIR), { recursive: true });
  const drive = await openHeldDirectory(root);
  const open: SegmentFile[] = [];
  const begin = async (clip: Clip, segment: { seq: number; startUtcMs: number }) => {
    const file = await create(drive, clip, segment);
    open.push(file);
    return { file, entry: entryOf(file, root, clip, true) };
  };
  return {
    root,
    begin,
    async write(clip, segment) {
      const { file } = await begin(clip, segment);
      for (const fragment of fragmentsOf(clip, segment.startUtcMs)) await file.appendFragment(fragment);
      if (segment.isOpen === true) return entryOf(file, root, clip, true);
      await closeSegment(file);
      return entryOf(file, root, clip, false);
    },
    async remove() {
      for (const file of open) await file.abandon();
      await drive.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export async function closeSegment(file: SegmentFile): Promise<void> {
  await file.appendIndex();
  await file.flip();
}

function create(drive: HeldDirectory, clip: Clip, segment: { seq: number; startUtcMs: number }): Promise<SegmentFile> {
  return createSegmentFile({
    drive,
    name: { unit: UNIT, channelId: CHANNEL, stream: 'main', boot: 1, seq: segment.seq, startUtcMs: segment.startUtcMs },
    formats: { video: clip.video, audio: clip.audio },
    predecessorHash: NO_PREDECESSOR,
    clock: 'synced',
    preallocateBytes: 0,
  });
}

function entryOf(file: SegmentFile, root: string, clip: Clip, isOpen: boolean): CatalogSegment {
  const { unit, channelId, boot, seq, startUtcMs } = file.name;
  return {
    unit,
    channelId,
    boot,
    seq,
    driveId: 'drive-1',
    root,
    path: file.path,
    startUtcMs,
    endUtcMs: isOpen ? null : file.endUtcMs,
    sizeBytes: isOpen ? 0 : file.sizeBytes,
    videoFrames: isOpen ? 0 : clip.pictures.length,
    videoCodec: isOpen ? '' : clip.video.codec,
    width: clip.video.width,
    height: clip.video.height,
    audioCodec: isOpen ? null : (clip.audio?.codec ?? null),
    hash: '',
    isRepaired: false,
  };
}

/** As the recorder cuts: after half a second, and before each key frame. Sound travels with the pictures of its time. */
export function fragmentsOf(clip: Clip, startUtcMs: number): FragmentInput[] {
  const { clockRate } = clip.video;
  const groups: ClipSample[][] = [];
  for (const picture of clip.pictures) {
    const group = groups.at(-1);
    const isLong = group !== undefined && picture.dts - group[0]!.dts >= (FRAGMENT_MS * clockRate) / 1000;
    if (group === undefined || isLong || picture.isKey) groups.push([picture]);
    else group.push(picture);
  }
  const firstDts = clip.pictures[0]?.dts ?? 0;
  const firstOffset = (clip.pictures[0]?.pts ?? 0) - firstDts;
  const soundRate = clip.audio?.clockRate ?? 1;
  // Pictures start at decoding time 0 and are shown from their first offset on: sound moves with them.
  const soundShift = Math.round(((firstOffset - firstDts) * soundRate) / clockRate);
  const sound = clip.sound.map((packet) => ({ packet, at: Math.max(0, packet.dts + soundShift) }));
  let nextSound = 0;
  return groups.map((group, i) => {
    const nextStart = groups[i + 1]?.[0];
    const endSound = nextStart ? ((nextStart.dts - firstDts) * soundRate) / clockRate : Number.POSITIVE_INFINITY;
    const from = nextSound;
    while (nextSound < sound.length && sound[nextSound]!.at < endSound) nextSound++;
    const packets = sound.slice(from, nextSound);
    const first = group[0]!;
    return {
      wallUtcMs: startUtcMs + ((first.pts - first.dts - firstOffset + first.dts - firstDts) * 1000) / clockRate,
      video: { baseDecodeTime: first.dts - firstDts, samples: group.map(toSample) },
      audio: packets[0] && { baseDecodeTime: packets[0].at, samples: packets.map((s) => toSample(s.packet)) },
    };
  });
}

function toSample(sample: ClipSample) {
  const { data, duration, isKey } = sample;
  return { data, duration, compositionOffset: sample.pts - sample.dts, isKey };
}
