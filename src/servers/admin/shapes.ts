import { Type } from '@sinclair/typebox';
import { SEVERITIES } from '../../channels/stream-facts.ts';
import { ChannelSettings, generalFields, WeeklySchedule } from '../../config/settings.ts';
import { CHANNEL_STATES } from '../../link/messages.ts';
import { StreamReport } from '../../link/stream-report.ts';

/* Replies of the API as schemas: the OpenAPI document shows them, a test checks real replies against them. */

const NullableNumber = Type.Union([Type.Number(), Type.Null()]);
const NullableText = Type.Union([Type.String(), Type.Null()]);

const NullableFingerprint = Type.Union([Type.String(), Type.Null()], {
  description: 'SHA-256 of the certificate that the camera shows although another one is expected; else null',
});

export const NumberParams = Type.Object({ number: Type.Integer({ minimum: 1, maximum: 256 }) });

/** A channel without its password, which never comes back. */
export const ChannelReply = Type.Object({
  ...Type.Omit(ChannelSettings, ['password']).properties,
  schedule: Type.Union([WeeklySchedule, Type.Null()]),
  hasPassword: Type.Boolean(),
});

export const SettingsReply = Type.Object({ version: Type.Integer(), ...generalFields });

export const BayReply = Type.Object({
  id: Type.String(),
  label: Type.String(),
  state: Type.Union(['ready', 'gone', 'full', 'failed', 'unknown'].map((state) => Type.Literal(state))),
  detail: Type.String(),
  driveId: NullableText,
  driveLabel: NullableText,
  capacityBytes: NullableNumber,
  freeBytes: NullableNumber,
  footageBytes: Type.Number(),
  oldestUtcMs: NullableNumber,
  newestUtcMs: NullableNumber,
  /** Forecast at the rate measured now; null while nothing is recorded. */
  daysKept: NullableNumber,
});

export const ChannelStatus = Type.Object({
  number: Type.Integer(),
  id: Type.String(),
  name: Type.String(),
  url: Type.String(),
  state: Type.Union(CHANNEL_STATES.map((state) => Type.Literal(state))),
  cause: NullableText,
  detail: Type.String(),
  sinceUtcMs: NullableNumber,
  presentedCertificate: NullableFingerprint,
  allotmentMbps: Type.Number(),
  mbps1s: Type.Number(),
  mbps60s: Type.Number(),
  lastFootageUtcMs: NullableNumber,
  video: Type.Union([
    Type.Object({ codec: Type.String(), codecString: Type.String(), width: Type.Integer(), height: Type.Integer() }),
    Type.Null(),
  ]),
  audio: Type.Union([
    Type.Object({ codec: Type.String(), clockRate: Type.Integer(), channels: Type.Integer() }),
    Type.Null(),
  ]),
  packetsLost: Type.Integer(),
  framesDropped: Type.Integer(),
  /** Measured, where key frames come so seldom that who watches notices; else null. */
  longKeyIntervalMs: NullableNumber,
  /** How many, of the stream report. */
  findings: Type.Object({ problem: Type.Integer(), advice: Type.Integer(), note: Type.Integer() }),
});

export const StreamReportReply = Type.Object({
  channel: Type.Integer(),
  /** Null until something was measured since the recorder started; the last one of a session that has ended stays. */
  report: Type.Union([Type.Omit(StreamReport, ['kind', 'channelId']), Type.Null()]),
  presentedCertificate: NullableFingerprint,
  /** The worst first. */
  findings: Type.Array(
    Type.Object({
      code: Type.String(),
      severity: Type.Union(SEVERITIES.map((severity) => Type.Literal(severity))),
      title: Type.String(),
      sentence: Type.String(),
      advice: Type.String({ description: 'what to do; empty where there is nothing to do' }),
    }),
  ),
});

export const StatusReply = Type.Object({
  unit: Type.String(),
  name: Type.String(),
  nowUtcMs: Type.Number(),
  recorder: Type.Object({ isConnected: Type.Boolean(), boot: NullableNumber, startedUtcMs: NullableNumber }),
  rating: Type.Object({ limitMbps: Type.Number(), allottedMbps: Type.Number(), measuredMbps: Type.Number() }),
  channelLimit: Type.Integer(),
  channels: Type.Array(ChannelStatus),
  bays: Type.Array(BayReply),
  catalog: Type.Object({ isCatchingUp: Type.Boolean() }),
  system: Type.Object({
    uptimeS: Type.Number(),
    loadPercent: NullableNumber,
    memoryUsedBytes: NullableNumber,
    memoryTotalBytes: NullableNumber,
    stateFreeBytes: NullableNumber,
    clock: Type.Union([Type.Literal('synced'), Type.Literal('unknown')]),
    ffmpeg: Type.Object({ path: NullableText, detail: Type.String() }),
  }),
});

export const GapReply = Type.Object({
  id: Type.String(),
  channel: Type.Union([Type.Integer(), Type.Null()]),
  channelId: Type.String(),
  fromUtcMs: Type.Number(),
  toUtcMs: NullableNumber,
  cause: Type.String(),
  detail: Type.String(),
});

export const LockReply = Type.Object({
  id: Type.String(),
  channel: Type.Union([Type.Integer(), Type.Null()]),
  fromUtcMs: Type.Integer(),
  toUtcMs: Type.Integer(),
  note: Type.String(),
  isConfirmed: Type.Boolean(),
});
