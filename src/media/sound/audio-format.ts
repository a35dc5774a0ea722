import { assertNever } from '../../base/assert.ts';
import type { AudioFormat } from '../access-unit.ts';
import { type AacConfig, readableAacConfig } from './aac-config.ts';
import { OPUS_RATE, opusPacketSamples } from './opus-packet.ts';

/** How long a packet of sound lasts by what is in it, whatever the camera's timestamps say; in ticks of the format's clock. */
export function packetTicks(format: AudioFormat, data: Buffer): number {
  switch (format.codec) {
    case 'aac':
      return aacFrameTicks(format);
    case 'pcmu':
    case 'pcma':
    case 'l16':
      return Math.floor(data.length / pcmFrameBytes(format));
    case 'opus':
      return Math.round((opusPacketSamples(data) * format.clockRate) / OPUS_RATE);
    default:
      return assertNever(format.codec);
  }
}

/** One sample of each channel, of sound in which every sample takes the same room. */
export function pcmFrameBytes(format: AudioFormat): number {
  return format.channels * (format.codec === 'l16' ? 2 : 1);
}

/** Samples per second, as a listener would say it. */
export function soundRate(format: AudioFormat): number {
  const config = aacConfigOf(format);
  if (config === undefined) return format.clockRate;
  // With spectral band replication the clock may run at the doubled rate, which is the one that is heard.
  const isClockOfSamples = format.clockRate === config.sampleRate || format.clockRate === 2 * config.sampleRate;
  return isClockOfSamples ? format.clockRate : config.sampleRate;
}

/** Without a configuration that can be read: the length of nearly all AAC frames, in samples of the clock. */
const AAC_FRAME_SAMPLES = 1024;

function aacFrameTicks(format: AudioFormat): number {
  const config = aacConfigOf(format);
  if (config === undefined) return AAC_FRAME_SAMPLES;
  return Math.round((config.samplesPerFrame * format.clockRate) / config.sampleRate);
}

/** Formats live as long as a session; their configurations are read once. */
const configs = new WeakMap<AudioFormat, AacConfig | null>();

/** Undefined for what is not AAC, and for a configuration that cannot be read. */
export function aacConfigOf(format: AudioFormat): AacConfig | undefined {
  if (format.codec !== 'aac') return undefined;
  let config = configs.get(format);
  if (config === undefined) {
    config = readableAacConfig(format.config) ?? null;
    configs.set(format, config);
  }
  return config ?? undefined;
}
