import type { AudioFormat } from '../media/access-unit.ts';
import { encodeFlacFrame, flacStreamInfo } from '../media/flac.ts';
import type { FlacFormat } from '../media/fmp4/audio-sample-entry.ts';
import { decodeG711, type G711Law } from '../media/g711.ts';

/**
 * Samples in a FLAC frame at most: within the streamable subset (RFC 9639 §7), and what STREAMINFO announces, beyond which decoders
 * refuse a frame. Frames may be shorter; each is decoded by itself.
 */
export const MAX_FLAC_SAMPLES = 4096;

/** A raw AAC frame without spectral band replication. */
const AAC_FRAME_SAMPLES = 1024;

/** Sound as browsers take it: AAC as it is, G.711 as FLAC, which is exact. */
export interface BrowserSound {
  readonly format: AudioFormat | FlacFormat;
  /** How long a packet lasts while nothing better is known. */
  readonly packetSamples: number;
  /** `atTicks`: samples before these, so that a piece is the same whoever asks for it and in whatever order. */
  readonly encode: (data: Buffer, atTicks: number) => Buffer;
  /** Samples in a packet, where the packet itself says so. */
  readonly samplesIn: (data: Buffer) => number | undefined;
}

/** Undefined for what no browser can be given: G.711 of more than one channel, which no camera is known to send. */
export function browserSound(format: AudioFormat): BrowserSound | undefined {
  if (format.codec === 'aac' || format.codec === 'opus') {
    return { format, packetSamples: AAC_FRAME_SAMPLES, encode: (data) => data, samplesIn: () => undefined };
  }
  if (format.codec === 'l16' || format.channels !== 1) return undefined;
  const law = format.codec;
  return {
    format: flacFormat(format.clockRate),
    packetSamples: Math.round(format.clockRate / 50),
    encode: (data, atTicks) => flacFrame(law, format.clockRate, data, atTicks),
    samplesIn: (data) => data.length,
  };
}

function flacFormat(clockRate: number): FlacFormat {
  const config = flacStreamInfo(clockRate, MAX_FLAC_SAMPLES);
  return { kind: 'audio', codec: 'flac', codecString: 'flac', clockRate, channels: 1, config };
}

function flacFrame(law: G711Law, sampleRate: number, data: Buffer, atTicks: number): Buffer {
  // Decoders of single frames do not use the number; it only has to fit its 31 bits.
  const frameNumber = Math.floor(atTicks / MAX_FLAC_SAMPLES) % 2 ** 31;
  return encodeFlacFrame({ samples: decodeG711(law, data), frameNumber, sampleRate });
}
