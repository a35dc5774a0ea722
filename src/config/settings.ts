import { type Static, Type } from '@sinclair/typebox';
import { TRANSPORTS } from '../link/plan.ts';

/**
 * What the owner of the appliance decides. The file is `settings.json` on the state partition; this schema is strict (a misspelt
 * field is an error, not silently nothing) and is what `docs/reference/settings.md` describes.
 */
export const SETTINGS_VERSION = 1;

/** No model has more; a named end for lists in files and requests. */
export const MAX_CHANNELS = 256;

const strict = { additionalProperties: false };

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const LocalTime = Type.String({
  pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$',
  description: 'a local time such as "08:30" or "24:00"',
});

/** Times in which a channel records, by the clock on the wall of a place. `to` before `from` reaches into the next day. */
export const WeeklySchedule = Type.Object(
  {
    timeZone: Type.String({ maxLength: 64, description: 'an IANA time zone such as "Europe/Berlin"' }),
    spans: Type.Array(
      Type.Object(
        {
          days: Type.Array(
            Type.Union(
              WEEKDAYS.map((day) => Type.Literal(day)),
              { description: `one of ${WEEKDAYS.join(', ')}` },
            ),
            { minItems: 1, maxItems: 7 },
          ),
          from: LocalTime,
          to: LocalTime,
        },
        strict,
      ),
      { maxItems: 50 },
    ),
  },
  strict,
);
export type WeeklySchedule = Static<typeof WeeklySchedule>;

/** The parts of a channel that people set; shared with the requests of the API. */
export const channelFields = {
  number: Type.Integer({ minimum: 1, maximum: MAX_CHANNELS }),
  name: Type.String({ minLength: 1, maxLength: 100 }),
  url: Type.String({ maxLength: 2000, description: 'an address such as rtsp://192.168.1.20/stream1' }),
  username: Type.String({ maxLength: 200 }),
  password: Type.String({ maxLength: 1000 }),
  /** How the media shall come. */
  transport: Type.Union(
    TRANSPORTS.map((transport) => Type.Literal(transport)),
    { description: `one of ${TRANSPORTS.join(', ')}` },
  ),
  /** SHA-256 of the certificate that an `rtsps` camera must show; null: the one that it shows first, which is then kept. */
  certificate: Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()], {
    description: 'a SHA-256 fingerprint of 64 hexadecimal digits, or null (the first one that the camera shows)',
  }),
  allotmentMbps: Type.Number({ exclusiveMinimum: 0, maximum: 10_000 }),
  /** Null: always. */
  schedule: Type.Union([WeeklySchedule, Type.Null()], { description: 'a weekly schedule or null (always)' }),
  /** Bays that may receive it; empty: any. */
  bays: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 }),
  isEnabled: Type.Boolean(),
};

export const CHANNEL_ID_PATTERN = '^[0-9a-f]{8}(-[a-z0-9-]{1,40})?$';

export const ChannelSettings = Type.Object(
  { id: Type.String({ pattern: CHANNEL_ID_PATTERN }), ...channelFields },
  strict,
);
export type ChannelSettings = Static<typeof ChannelSettings>;

export const generalFields = {
  /** Of the appliance, as people call it. */
  name: Type.String({ minLength: 1, maxLength: 100 }),
  /** Where the page is served, `HOST:PORT`; `--listen` on the command line wins. Takes effect at the next start. */
  listen: Type.String({ pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):\\d{1,5}$', description: 'HOST:PORT' }),
  retention: Type.Object(
    {
      /** Footage older than this is deleted although there is room; null: room alone decides. */
      maxAgeDays: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 36_500 }), Type.Null()], {
        description: 'a number of days greater than 0, or null',
      }),
    },
    strict,
  ),
  segmentMinutes: Type.Number({ minimum: 0.05, maximum: 60 }),
  /** What a power cut may cost at most. */
  promisedLossMs: Type.Integer({ minimum: 1000, maximum: 60_000 }),
  /** Null: `ffmpeg-static`, else the one on PATH. */
  ffmpegPath: Type.Union([Type.String({ minLength: 1, maxLength: 1000 }), Type.Null()], {
    description: 'the path of an ffmpeg program, or null',
  }),
};

export const Settings = Type.Object(
  {
    version: Type.Literal(SETTINGS_VERSION),
    ...generalFields,
    channels: Type.Array(ChannelSettings, { maxItems: MAX_CHANNELS }),
  },
  strict,
);
export type Settings = Static<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  version: SETTINGS_VERSION,
  name: 'Holdfast',
  listen: '127.0.0.1:8480',
  retention: { maxAgeDays: null },
  segmentMinutes: 5,
  promisedLossMs: 2000,
  ffmpegPath: null,
  channels: [],
};

export const DEFAULT_CHANNEL = {
  username: '',
  password: '',
  transport: 'auto',
  certificate: null,
  schedule: null,
  bays: [] as string[],
  isEnabled: true,
} satisfies Partial<ChannelSettings>;
