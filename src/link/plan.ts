import { type Static, Type } from '@sinclair/typebox';

/**
 * The plan is all that the recorder knows: which streams to record, where to, until when. It is self-sufficient, so that control
 * may stay away for a week; the recorder keeps the last good one on the state partition and starts from it, alone.
 */
export const PLAN_VERSION = 1;

/** Schedule switches reach this far ahead; control renews them long before they run out. */
export const PLAN_HORIZON_DAYS = 14;

const Drive = Type.Object({
  /** Bay of the model file in which the drive sits. */
  bay: Type.String(),
  bayLabel: Type.String(),
  /** `id` of its `drive.json`; the recorder writes nowhere else. */
  driveId: Type.String(),
  /** Folder that holds `holdfast/`. */
  root: Type.String(),
  /** A limit of its own for a folder that stands for a bay; null: the file system's size counts. */
  capacityBytes: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
});

const Schedule = Type.Object({
  /** Whether the channel records at `madeUtcMs` of the plan. */
  isOn: Type.Boolean(),
  /** Ascending. */
  switches: Type.Array(Type.Object({ atUtcMs: Type.Integer(), isOn: Type.Boolean() })),
});

/** `auto`: TCP first, whatever works after that; `http`: RTSP through an HTTP tunnel. TLS follows from the address (`rtsps://`). */
export const TRANSPORTS = ['auto', 'tcp', 'udp', 'http'] as const;
export type Transport = (typeof TRANSPORTS)[number];

const Channel = Type.Object({
  /** 1 to the model's channel count. */
  number: Type.Integer({ minimum: 1 }),
  /** Stable, part of paths: `7f3a91c2-loading-dock`. */
  id: Type.String({ pattern: '^[0-9a-f]{8}(-[a-z0-9-]+)?$' }),
  name: Type.String(),
  /** RTSP address without credentials. */
  url: Type.String(),
  username: Type.String(),
  password: Type.String(),
  /** How the media shall come; left out (by an older control): `auto`. */
  transport: Type.Optional(Type.Union(TRANSPORTS.map((transport) => Type.Literal(transport)))),
  /**
   * SHA-256 of the certificate that the camera must show, 64 hexadecimal digits; left out or null: the one that it shows first, which the
   * recorder then keeps.
   */
  certificate: Type.Optional(Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()])),
  allotmentMbps: Type.Number({ exclusiveMinimum: 0 }),
  schedule: Schedule,
  /** Bays that may receive it; empty: any. */
  bays: Type.Array(Type.String()),
});

const Lock = Type.Object({
  id: Type.String(),
  channelId: Type.String(),
  fromUtcMs: Type.Integer(),
  toUtcMs: Type.Integer(),
});

export const Plan = Type.Object({
  version: Type.Integer(),
  /** Grows with each change, so that both sides can say which one they mean. */
  revision: Type.Integer({ minimum: 0 }),
  madeUtcMs: Type.Integer(),
  /** Identity of this appliance, 8 hexadecimal digits; the first folder below `footage/`. */
  unit: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  segmentMs: Type.Integer({ minimum: 1000 }),
  fragmentMs: Type.Integer({ minimum: 100 }),
  /** What a power cut may cost at most; the commit cadence of each drive follows from it. */
  promisedLossMs: Type.Integer({ minimum: 1000 }),
  /** Memory for all tails together. */
  tailMaxBytes: Type.Integer({ minimum: 1 }),
  /** Footage older than this is deleted although there is room (a legal maximum); null: room alone decides. */
  maxAgeMs: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  drives: Type.Array(Drive),
  channels: Type.Array(Channel),
  locks: Type.Array(Lock),
});

export type Plan = Static<typeof Plan>;
export type PlanDrive = Static<typeof Drive>;
export type PlanChannel = Static<typeof Channel>;
export type PlanSchedule = Static<typeof Schedule>;
export type PlanLock = Static<typeof Lock>;

/** Whether the schedule lets the channel record at `nowUtcMs`. */
export function isScheduledOn(schedule: PlanSchedule, nowUtcMs: number): boolean {
  let isOn = schedule.isOn;
  for (const change of schedule.switches) {
    if (change.atUtcMs > nowUtcMs) break;
    isOn = change.isOn;
  }
  return isOn;
}
