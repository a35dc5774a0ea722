import { type Static, Type } from '@sinclair/typebox';

const nullable = <T extends ReturnType<typeof Type.Number>>(type: T) => Type.Union([type, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });
const Text = Type.String();

const Loss = Type.Object({
  packetsReceived: Count,
  /** Never came. */
  packetsLost: Count,
  /** Came after they had been given up. */
  packetsLate: Count,
  /** Pictures that were not recorded, by reason. */
  framesDropped: Type.Object({
    /** Packets of them are missing. */
    incomplete: Count,
    /** Whole, but what they refer to was lost. */
    undecodable: Count,
    /** The payload breaks its format, or exceeds a limit. */
    malformed: Count,
  }),
});

/**
 * What the recorder measured of one channel's stream since the session with the camera began, but for frame rates, which are those of the
 * last minute, so that a new setting shows. Numbers only; what they mean for the installer is said by control.
 */
export const StreamReport = Type.Object({
  kind: Type.Literal('stream-report'),
  channelId: Text,
  atUtcMs: Type.Number(),
  measuredMs: Type.Number(),
  /** How the media really comes, whatever was asked for. */
  transport: Type.Union([Type.Literal('tcp'), Type.Literal('udp'), Type.Literal('http')]),
  isEncrypted: Type.Boolean(),
  /** SHA-256 of the camera's certificate, 64 hexadecimal digits; null without TLS. */
  certificate: Type.Union([Text, Type.Null()]),
  /** How the camera let itself be convinced; `none`: it did not ask. Left out where it is not known. */
  authentication: Type.Optional(Type.Union([Type.Literal('none'), Type.Literal('basic'), Type.Literal('digest')])),
  /** Media that the camera describes and that is not recorded, with the reason: `audio: opus, which is not supported`. */
  skippedMedia: Type.Optional(Type.Array(Text)),
  video: Type.Union([
    Type.Object({
      codec: Text,
      codecString: Text,
      /** In words: `High`, `Main 10`; empty where there is none. */
      profile: Text,
      /** `4.1`; empty where there is none. */
      level: Text,
      width: Type.Integer(),
      height: Type.Integer(),
      /** Pictures by their arrival. */
      framesPerSecond: Type.Number(),
      /** Pictures by the camera's own clock; differs where that clock runs wrong. */
      framesPerSecondOfCamera: Type.Number(),
      /** What the parameter sets say. */
      framesPerSecondDeclared: nullable(Type.Number()),
      /** Mean of the last few; null until two key frames came. */
      keyIntervalMs: nullable(Type.Number()),
      /** The time since the last one counts, too. */
      longestKeyIntervalMs: nullable(Type.Number()),
      hasBFrames: Type.Boolean(),
      /** Of picture size, codec or parameter sets. */
      formatChanges: Count,
    }),
    Type.Null(),
  ]),
  audio: Type.Union([
    Type.Object({
      codec: Text,
      /** As the camera calls it, where it is stored as something else: `G726-32`. Empty otherwise. */
      source: Text,
      clockRate: Type.Integer(),
      channels: Type.Integer(),
      /** Units that came; described and none: the camera's microphone is off. Left out where they are not counted. */
      units: Type.Optional(Count),
    }),
    Type.Null(),
  ]),
  /** Pictures and sound, without the transport's own bytes. */
  meanMbps: Type.Number(),
  /** Of the worst second of the footage. */
  peakMbps: Type.Number(),
  clock: Type.Object({
    /** Camera's wall clock minus ours, by its sender reports; null when it sends none. */
    offsetMs: nullable(Type.Number()),
    /** How much faster the camera's media clock runs than ours; null in the first minutes. */
    driftPpm: nullable(Type.Number()),
    /** Jumps of the media timestamps. */
    timestampJumps: Count,
    /** Steps of the camera's wall clock, by its sender reports. */
    wallSteps: Count,
  }),
  loss: Loss,
  /** The same over all sessions since the recorder started. Left out by an older recorder. */
  sinceStart: Type.Optional(
    Type.Object({
      sessions: Count,
      /** Of these, what the recorder itself ended, because packets came and no picture could be made of them. */
      sessionsGivenUp: Type.Optional(Count),
      loss: Loss,
    }),
  ),
});
export type StreamReport = Static<typeof StreamReport>;
