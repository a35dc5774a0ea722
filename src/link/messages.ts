import { type Static, Type } from '@sinclair/typebox';
import { GapEntry, SegmentClosedEntry, SegmentDeletedEntry, SegmentOpenedEntry } from '../archive/entries.ts';
import { AUDIO_CODECS, VIDEO_CODECS } from '../media/access-unit.ts';
import { Plan } from './plan.ts';
import { StreamReport } from './stream-report.ts';

/** Both sides say theirs in `hello`; each understands its own version and the one before. */
export const LINK_VERSION = 1;

/** Control to recorder. */
export const Command = Type.Union([
  Type.Object({ kind: Type.Literal('hello'), version: Type.Integer() }),
  Type.Object({ kind: Type.Literal('set-plan'), plan: Plan }),
  /** Live media of a channel, from its last key frame on. `watchId` is chosen by control and comes back with each unit. */
  Type.Object({ kind: Type.Literal('watch'), watchId: Type.Integer(), channelId: Type.String() }),
  Type.Object({ kind: Type.Literal('unwatch'), watchId: Type.Integer() }),
  /** Paths as in the journal. Answered by `deleted`. */
  Type.Object({
    kind: Type.Literal('delete-segments'),
    requestId: Type.Integer(),
    driveId: Type.String(),
    paths: Type.Array(Type.String(), { maxItems: 10_000 }),
    reason: Type.Union([Type.Literal('age'), Type.Literal('request')]),
  }),
]);
export type Command = Static<typeof Command>;

export const CHANNEL_STATES = ['off', 'connecting', 'recording', 'failing', 'paused'] as const;

/** `paused`: the camera delivers, but there is no drive, or the schedule says no. */
export const ChannelState = Type.Object({
  kind: Type.Literal('channel-state'),
  channelId: Type.String(),
  state: Type.Union(CHANNEL_STATES.map((state) => Type.Literal(state))),
  /** A gap cause when it does not record, else null. */
  cause: Type.Union([Type.String(), Type.Null()]),
  /** In plain words, empty when all is well. */
  detail: Type.String(),
  sinceUtcMs: Type.Number(),
  /**
   * SHA-256 of the certificate that the camera showed, 64 hexadecimal digits, while the session is refused because another one is
   * expected: a person may accept exactly this one. Null otherwise; left out by an older recorder.
   */
  presentedCertificate: Type.Optional(Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()])),
  /** Null until the camera has described itself. */
  video: Type.Union([
    Type.Object({ codec: Type.String(), codecString: Type.String(), width: Type.Integer(), height: Type.Integer() }),
    Type.Null(),
  ]),
  audio: Type.Union([
    Type.Object({ codec: Type.String(), clockRate: Type.Integer(), channels: Type.Integer() }),
    Type.Null(),
  ]),
});
export type ChannelState = Static<typeof ChannelState>;

export const Rates = Type.Object({
  kind: Type.Literal('rates'),
  atUtcMs: Type.Number(),
  channels: Type.Array(
    Type.Object({
      channelId: Type.String(),
      mbps1s: Type.Number(),
      mbps60s: Type.Number(),
      /** Since the start of the recorder. */
      videoFrames: Type.Integer(),
      framesWritten: Type.Integer(),
      framesDropped: Type.Integer(),
      packetsLost: Type.Integer(),
      lastFootageUtcMs: Type.Union([Type.Number(), Type.Null()]),
    }),
  ),
  drives: Type.Array(
    Type.Object({
      driveId: Type.String(),
      freeBytes: Type.Number(),
      capacityBytes: Type.Number(),
      queueBytes: Type.Number(),
      /** 99th percentile of the last flushes, and the cadence that follows from it. */
      flushP99Ms: Type.Number(),
      commitEveryMs: Type.Number(),
    }),
  ),
  tailBytes: Type.Number(),
});
export type Rates = Static<typeof Rates>;

export const DriveState = Type.Object({
  kind: Type.Literal('drive-state'),
  bay: Type.String(),
  driveId: Type.String(),
  state: Type.Union([
    Type.Literal('ready'), // written to
    Type.Literal('gone'), // pulled, or never there
    Type.Literal('full'), // nothing that may be deleted
    Type.Literal('failed'), // I/O errors
  ]),
  detail: Type.String(),
});
export type DriveState = Static<typeof DriveState>;

const DriveRef = { driveId: Type.String() };

/** Recorder to control. Facts are hints; the drives and the ledger are the truth. */
export const Fact = Type.Union([
  Type.Object({
    kind: Type.Literal('hello'),
    version: Type.Integer(),
    unit: Type.String(),
    boot: Type.Integer(),
    startedUtcMs: Type.Number(),
    /** -1 without a plan. */
    planRevision: Type.Integer(),
  }),
  Type.Object({ kind: Type.Literal('plan-accepted'), revision: Type.Integer() }),
  Type.Object({ kind: Type.Literal('plan-rejected'), revision: Type.Integer(), reason: Type.String() }),
  ChannelState,
  Rates,
  /** Every few seconds for each channel that receives, and once when its session ends. */
  StreamReport,
  DriveState,
  Type.Object({ kind: Type.Literal('segment-opened'), ...DriveRef, entry: SegmentOpenedEntry }),
  Type.Object({ kind: Type.Literal('segment-closed'), ...DriveRef, entry: SegmentClosedEntry }),
  Type.Object({ kind: Type.Literal('segment-deleted'), ...DriveRef, entry: SegmentDeletedEntry }),
  Type.Object({ kind: Type.Literal('gap'), entry: GapEntry }),
  Type.Object({ kind: Type.Literal('deleted'), requestId: Type.Integer(), count: Type.Integer() }),
  /** Precedes the units of a watch and comes again whenever the format changes. Buffers in base64. */
  Type.Object({
    kind: Type.Literal('live-format'),
    watchId: Type.Integer(),
    channelId: Type.String(),
    video: Type.Union([
      Type.Object({
        codec: Type.Union(VIDEO_CODECS.map((codec) => Type.Literal(codec))),
        codecString: Type.String(),
        width: Type.Integer(),
        height: Type.Integer(),
        clockRate: Type.Integer(),
        reorderDepth: Type.Integer(),
        vps: Type.Array(Type.String()),
        sps: Type.Array(Type.String()),
        pps: Type.Array(Type.String()),
      }),
      Type.Null(),
    ]),
    audio: Type.Union([
      Type.Object({
        codec: Type.Union(AUDIO_CODECS.map((codec) => Type.Literal(codec))),
        codecString: Type.String(),
        clockRate: Type.Integer(),
        channels: Type.Integer(),
        config: Type.String(),
      }),
      Type.Null(),
    ]),
  }),
]);
export type Fact = Static<typeof Fact>;

/** A frame for somebody who watches; crosses the socket in binary. */
export interface LiveUnit {
  readonly watchId: number;
  readonly kind: 'video' | 'audio';
  readonly isKey: boolean;
  readonly rtpTime: number;
  /** Decoding time in the same ticks as `rtpTime`; equals it without B-frames. */
  readonly dtsTicks: number;
  /** Smoothed wall time of the unit. */
  readonly wallUtcMs: number;
  readonly data: Buffer;
}
