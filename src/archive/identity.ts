import { createHash } from 'node:crypto';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { AppError } from '../base/errors.ts';
import { AUDIO_CODECS, type AudioFormat, VIDEO_CODECS, type VideoFormat } from '../media/access-unit.ts';
import { uuidBox } from '../media/fmp4/box.ts';
import type { SegmentName } from './layout.ts';

/*
 * Who a segment is, in the file itself: JSON in a `uuid` box at the end of both `moov` boxes, so that a file that was renamed or
 * torn out of its folder still says what it is, and `strings` on it tells a person. The hash chain of the file starts from these
 * bytes, so nobody can exchange them unnoticed.
 */
export const IDENTITY_UUID = 'holdfastidentity';

/** The predecessor of a channel's first segment. */
export const NO_PREDECESSOR = Buffer.alloc(32);

const Hex = (pattern: string) => Type.String({ pattern });

const IdentityJson = Type.Object({
  /** Version of the archive format. */
  format: Type.Literal(1),
  unit: Hex('^[0-9a-f]{8}$'),
  channelId: Hex('^[0-9a-f]{8}(-[a-z0-9-]+)?$'),
  stream: Type.Literal('main'),
  boot: Type.Integer({ minimum: 0 }),
  seq: Type.Integer({ minimum: 0 }),
  startUtcMs: Type.Integer({ minimum: 0 }),
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced')]),
  /** Hash of the last fragment of the channel's segment before this one. */
  predecessor: Hex('^[0-9a-f]{64}$'),
  video: Type.Object({
    codec: Type.Union(VIDEO_CODECS.map((codec) => Type.Literal(codec))),
    codecString: Type.String({ maxLength: 64 }),
    width: Type.Integer({ minimum: 0 }),
    height: Type.Integer({ minimum: 0 }),
    timescale: Type.Integer({ minimum: 1 }),
    reorderDepth: Type.Integer({ minimum: 0 }),
    /** NAL units in base64. */
    vps: Type.Array(Type.String(), { maxItems: 16 }),
    sps: Type.Array(Type.String(), { maxItems: 32 }),
    pps: Type.Array(Type.String(), { maxItems: 256 }),
  }),
  audio: Type.Union([
    Type.Object({
      codec: Type.Union(AUDIO_CODECS.map((codec) => Type.Literal(codec))),
      codecString: Type.String({ maxLength: 64 }),
      timescale: Type.Integer({ minimum: 1 }),
      channels: Type.Integer({ minimum: 1 }),
      config: Type.String(),
      source: Type.Optional(Type.String({ maxLength: 64 })),
    }),
    Type.Null(),
  ]),
});

export interface SegmentFormats {
  readonly video: VideoFormat;
  readonly audio?: AudioFormat | undefined;
}

export interface SegmentIdentity {
  readonly name: SegmentName;
  readonly formats: SegmentFormats;
  readonly clock: 'synced' | 'unsynced';
  readonly predecessorHash: Buffer;
}

/** The JSON, as it stands in the file. */
export function encodeIdentity({ name, formats, clock, predecessorHash }: SegmentIdentity): Buffer {
  const { video, audio } = formats;
  const base64 = (units: readonly Buffer[]) => units.map((unit) => unit.toString('base64'));
  const json: Static<typeof IdentityJson> = {
    format: 1,
    unit: name.unit,
    channelId: name.channelId,
    stream: name.stream,
    boot: name.boot,
    seq: name.seq,
    startUtcMs: name.startUtcMs,
    clock,
    predecessor: predecessorHash.toString('hex'),
    video: {
      codec: video.codec,
      codecString: video.codecString,
      width: video.width,
      height: video.height,
      timescale: video.clockRate,
      reorderDepth: video.reorderDepth,
      vps: base64(video.vps),
      sps: base64(video.sps),
      pps: base64(video.pps),
    },
    audio:
      audio === undefined
        ? null
        : {
            codec: audio.codec,
            codecString: audio.codecString,
            timescale: audio.clockRate,
            channels: audio.channels,
            config: audio.config.toString('base64'),
            ...(audio.source !== undefined && { source: audio.source }),
          },
  };
  return Buffer.from(JSON.stringify(json), 'utf8');
}

export function decodeIdentity(payload: Buffer): SegmentIdentity {
  const json = parseJson(payload);
  if (
    typeof json === 'object' &&
    json !== null &&
    'format' in json &&
    typeof json.format === 'number' &&
    json.format > 1
  ) {
    throw new AppError('corrupt', `the segment has archive format ${json.format}, this program reads format 1`);
  }
  if (!Value.Check(IdentityJson, json)) {
    const first = Value.Errors(IdentityJson, json).First();
    throw new AppError(
      'corrupt',
      `identity of the segment: ${first?.path || 'content'}: ${first?.message ?? 'not valid'}`,
    );
  }
  const fromBase64 = (units: readonly string[]) => units.map((unit) => Buffer.from(unit, 'base64'));
  const { video, audio } = json;
  return {
    name: {
      unit: json.unit,
      channelId: json.channelId,
      stream: json.stream,
      boot: json.boot,
      seq: json.seq,
      startUtcMs: json.startUtcMs,
    },
    formats: {
      video: {
        kind: 'video',
        codec: video.codec,
        codecString: video.codecString,
        width: video.width,
        height: video.height,
        clockRate: video.timescale,
        reorderDepth: video.reorderDepth,
        vps: fromBase64(video.vps),
        sps: fromBase64(video.sps),
        pps: fromBase64(video.pps),
      },
      audio:
        audio === null
          ? undefined
          : {
              kind: 'audio',
              codec: audio.codec,
              codecString: audio.codecString,
              clockRate: audio.timescale,
              channels: audio.channels,
              config: Buffer.from(audio.config, 'base64'),
              ...(audio.source !== undefined && { source: audio.source }),
            },
    },
    clock: json.clock,
    predecessorHash: Buffer.from(json.predecessor, 'hex'),
  };
}

export function identityBox(payload: Buffer): Buffer {
  return uuidBox(IDENTITY_UUID, payload);
}

/** What the first fragment's hash is chained to: SHA-256 of the identity, which itself holds the predecessor's hash. */
export function chainStart(identityPayload: Buffer): Buffer {
  return createHash('sha256').update(identityPayload).digest();
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch (error) {
    throw new AppError('corrupt', 'identity of the segment is not JSON', { cause: error });
  }
}
