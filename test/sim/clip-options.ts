import { AppError } from '../../src/base/errors.ts';
import type { VideoCodec } from '../../src/media/access-unit.ts';
import { SOUND_CODECS, type SoundCodec } from './clip-sound.ts';

/** What a generated clip looks and sounds like. */
export interface ClipOptions {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** What the picture says of itself (VUI) and the SDP; left out, the truth. */
  readonly declaredFps?: number;
  /** Of the picture, kept constant. */
  readonly mbps: number;
  readonly keyIntervalSeconds: number;
  /** In a row between two other pictures. */
  readonly bFrames: number;
  /** Parts of each picture, a NAL unit each. */
  readonly slices: number;
  readonly sound: SoundCodec | 'none';
  /** Until the picture repeats. Default: 10 s, or one group of pictures where that is longer. */
  readonly lengthSeconds: number;
}

export const DEFAULT_CLIP: ClipOptions = {
  codec: 'h264',
  width: 1280,
  height: 720,
  fps: 25,
  mbps: 2,
  keyIntervalSeconds: 2,
  bFrames: 0,
  slices: 1,
  sound: 'none',
  lengthSeconds: 10,
};

/** A sub stream of the usual size; what is not named here is as in the main stream. */
export const DEFAULT_SUB_CLIP: Partial<ClipOptions> = { width: 640, height: 360, mbps: 0.4 };

/** The limits keep encoding within seconds and clips within memory, and are what cameras offer. */
const RANGES: Readonly<
  Record<string, { min: number; max: number; isWhole?: boolean; isEven?: boolean; unit: string }>
> = {
  width: { min: 160, max: 7680, isWhole: true, isEven: true, unit: 'pixels' },
  height: { min: 120, max: 4320, isWhole: true, isEven: true, unit: 'pixels' },
  fps: { min: 1, max: 60, unit: 'frames per second' },
  declaredFps: { min: 1, max: 60, unit: 'frames per second' },
  mbps: { min: 0.05, max: 50, unit: 'Mbps' },
  keyIntervalSeconds: { min: 0.1, max: 60, unit: 'seconds' },
  bFrames: { min: 0, max: 4, isWhole: true, unit: 'frames' },
  slices: { min: 1, max: 8, isWhole: true, unit: 'slices' },
  lengthSeconds: { min: 1, max: 120, unit: 'seconds' },
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  codec: ['h264', 'h265', 'mjpeg'],
  sound: ['none', ...SOUND_CODECS],
};

/** Fills in the defaults and refuses what is out of range, naming the field, the value and what is allowed. */
export function completeClipOptions(given: Partial<ClipOptions>, defaults: ClipOptions = DEFAULT_CLIP): ClipOptions {
  const options = { ...defaults, ...given };
  for (const [field, value] of Object.entries(options)) checkField(field, value);
  if (given.lengthSeconds !== undefined) return options;
  return { ...options, lengthSeconds: Math.max(options.lengthSeconds, options.keyIntervalSeconds) };
}

/** As near to half the width and height as can be encoded. */
export function halfSize(clip: ClipOptions): ClipOptions {
  const half = (field: 'width' | 'height') => Math.max(RANGES[field]!.min, Math.round(clip[field] / 4) * 2);
  const [width, height] = [half('width'), half('height')];
  if (width === clip.width && height === clip.height) {
    throw new AppError('bad-input', `a picture of ${clip.width}x${clip.height} cannot become smaller`);
  }
  return { ...clip, width, height };
}

function checkField(field: string, value: string | number): void {
  const choices = CHOICES[field];
  if (choices) {
    if (!choices.includes(String(value))) refuse(field, value, choices.join(', '));
    return;
  }
  const range = RANGES[field];
  if (!range) throw new AppError('bad-input', `clip: unknown field ${field}`);
  const allowed = `${range.min} to ${range.max} ${range.unit}${range.isEven ? ', even' : ''}`;
  if (typeof value !== 'number' || !(value >= range.min && value <= range.max)) refuse(field, value, allowed);
  else if (range.isWhole && !Number.isInteger(value)) refuse(field, value, allowed);
  else if (range.isEven && value % 2 !== 0) refuse(field, value, allowed);
}

function refuse(field: string, value: unknown, allowed: string): never {
  throw new AppError('bad-input', `clip: ${field} is ${String(value)}, allowed: ${allowed}`);
}
