import { type Static, Type } from '@sinclair/typebox';

/**
 * The facts that a drive's journal and the ledger on the state partition hold, one a line. Readers skip kinds and fields that they
 * do not know. Rows with an `id` (gaps, locks) supersede earlier rows with the same one, so that copies on several drives merge.
 */
export const GAP_CAUSES = [
  'camera-unreachable', // no connection, or it was lost
  'refused-password',
  'no-data', // connected, but nothing comes
  'stream-error', // what comes cannot be decoded, or breaks the protocol
  'recorder-not-running',
  'no-drive', // no bay has a drive that may be written to
  'drive-full', // no drive has room: footage is locked, or other files fill it
  'drive-slow', // drives cannot keep up and memory for the tails is used up
  'schedule',
  'clock', // the wall time was stepped
] as const;

export const GapCause = Type.Union(GAP_CAUSES.map((cause) => Type.Literal(cause)));
export type GapCause = (typeof GAP_CAUSES)[number];

/** A span in which a channel should have been recorded and was not. */
export const GapEntry = Type.Object({
  kind: Type.Literal('gap'),
  /** `<unit>-<boot>-<count>`. */
  id: Type.String(),
  unit: Type.String(),
  channelId: Type.String(),
  fromUtcMs: Type.Number(),
  /** Null while it lasts. */
  toUtcMs: Type.Union([Type.Number(), Type.Null()]),
  cause: GapCause,
  /** In plain words, with the numbers. */
  detail: Type.String(),
});
export type GapEntry = Static<typeof GapEntry>;

const SegmentKey = {
  unit: Type.String(),
  channelId: Type.String(),
  stream: Type.Literal('main'),
  boot: Type.Integer(),
  seq: Type.Integer(),
  /** Relative to the drive's root: `holdfast/footage/…`. */
  path: Type.String(),
};

export const SegmentOpenedEntry = Type.Object({
  kind: Type.Literal('segment-opened'),
  ...SegmentKey,
  startUtcMs: Type.Number(),
});
export type SegmentOpenedEntry = Static<typeof SegmentOpenedEntry>;

export const SegmentClosedEntry = Type.Object({
  kind: Type.Literal('segment-closed'),
  ...SegmentKey,
  startUtcMs: Type.Number(),
  endUtcMs: Type.Number(),
  sizeBytes: Type.Integer(),
  videoFrames: Type.Integer(),
  /** `h264`, `h265`, `mjpeg`. */
  videoCodec: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  /** `aac`, `pcmu`, `pcma`, `l16`, `opus`, or null without sound. */
  audioCodec: Type.Union([Type.String(), Type.Null()]),
  /** Hexadecimal SHA-256 of the last fragment: the end of the chain. */
  hash: Type.String(),
  /** `unsynced` until the clock was confirmed by NTP. */
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced')]),
  /** True when repair closed it after a crash or a power cut. */
  isRepaired: Type.Boolean(),
  /** False where the camera sent no key frame to begin with; left out by earlier versions, which did not say. */
  startsWithKey: Type.Optional(Type.Boolean()),
});
export type SegmentClosedEntry = Static<typeof SegmentClosedEntry>;

export const SegmentDeletedEntry = Type.Object({
  kind: Type.Literal('segment-deleted'),
  ...SegmentKey,
  reason: Type.Union([Type.Literal('room'), Type.Literal('age'), Type.Literal('request'), Type.Literal('empty')]),
});
export type SegmentDeletedEntry = Static<typeof SegmentDeletedEntry>;

/** Footage in this span of the channel must not be deleted; `toUtcMs` before `fromUtcMs` means that the lock was lifted. */
export const LockEntry = Type.Object({
  kind: Type.Literal('lock'),
  id: Type.String(),
  channelId: Type.String(),
  fromUtcMs: Type.Number(),
  toUtcMs: Type.Number(),
});
export type LockEntry = Static<typeof LockEntry>;

/** A recorder began to write to the drive. */
export const DriveInUseEntry = Type.Object({
  kind: Type.Literal('drive-in-use'),
  unit: Type.String(),
  boot: Type.Integer(),
  bay: Type.String(),
});
export type DriveInUseEntry = Static<typeof DriveInUseEntry>;

export const ArchiveEntry = Type.Union([
  GapEntry,
  SegmentOpenedEntry,
  SegmentClosedEntry,
  SegmentDeletedEntry,
  LockEntry,
  DriveInUseEntry,
]);
export type ArchiveEntry = Static<typeof ArchiveEntry>;

/** An entry as it stands in a file: with its place in the sequence of that file's owner (drive or ledger) and the time of writing. */
export type StoredEntry = ArchiveEntry & { n: number; t: string };
