import type { SegmentClosedEntry } from './entries.ts';
import type { SegmentIdentity } from './identity.ts';
import { segmentPath } from './layout.ts';

export interface ClosedFacts {
  readonly endUtcMs: number;
  readonly sizeBytes: number;
  readonly videoFrames: number;
  /** Of the last fragment. */
  readonly hash: Buffer;
  readonly isRepaired: boolean;
  readonly startsWithKey: boolean;
}

/** The journal's line of a closed segment, whether it was just written, repaired, or read from its file. */
export function closedEntryOf({ name, formats, clock }: SegmentIdentity, facts: ClosedFacts): SegmentClosedEntry {
  return {
    kind: 'segment-closed',
    unit: name.unit,
    channelId: name.channelId,
    stream: name.stream,
    boot: name.boot,
    seq: name.seq,
    path: segmentPath(name),
    startUtcMs: name.startUtcMs,
    endUtcMs: facts.endUtcMs,
    sizeBytes: facts.sizeBytes,
    videoFrames: facts.videoFrames,
    videoCodec: formats.video.codec,
    width: formats.video.width,
    height: formats.video.height,
    audioCodec: formats.audio?.codec ?? null,
    hash: facts.hash.toString('hex'),
    clock,
    isRepaired: facts.isRepaired,
    startsWithKey: facts.startsWithKey,
  };
}
