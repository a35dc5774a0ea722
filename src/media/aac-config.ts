import { AppError } from '../base/errors.ts';
import { BitReader } from './bit-reader.ts';

/** AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), as far as recording needs it. */
export interface AacConfig {
  /** 2 is AAC-LC, 5 HE-AAC (SBR), 29 HE-AAC v2. */
  readonly objectType: number;
  readonly sampleRate: number;
  /** 0: described in the stream itself. */
  readonly channels: number;
  /** Samples of one raw frame at `sampleRate`: 1024, seldom 960. */
  readonly samplesPerFrame: number;
}

const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

/** Channels of the configurations 0 to 7. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

/** Throws AppError `corrupt`. */
export function parseAacConfig(config: Buffer): AacConfig {
  const reader = new BitReader(config, 'AAC configuration');
  const objectType = readObjectType(reader);
  const sampleRate = readSampleRate(reader);
  const channelConfiguration = reader.bits(4);
  let coreType = objectType;
  if (objectType === 5 || objectType === 29) {
    readSampleRate(reader); // of the extension
    coreType = readObjectType(reader);
  }
  const hasFrameLengthFlag = coreType <= 4 || coreType === 6 || coreType === 7;
  const isShortFrame = hasFrameLengthFlag && reader.remaining > 0 && reader.flag();
  return {
    objectType,
    sampleRate,
    channels: CHANNELS[channelConfiguration] ?? 0,
    samplesPerFrame: isShortFrame ? 960 : 1024,
  };
}

function readObjectType(reader: BitReader): number {
  const ESCAPE = 31;
  const type = reader.bits(5);
  return type === ESCAPE ? 32 + reader.bits(6) : type;
}

function readSampleRate(reader: BitReader): number {
  const EXPLICIT = 15;
  const index = reader.bits(4);
  const rate = index === EXPLICIT ? reader.bits(24) : SAMPLE_RATES[index];
  if (rate === undefined || rate === 0)
    throw new AppError('corrupt', `AAC configuration: sample rate index ${index} is reserved`);
  return rate;
}

/** Length of the ADTS header (ISO/IEC 13818-7 §6.2) at the beginning of a frame, 0 when there is none. */
export function adtsHeaderBytes(frame: Buffer): number {
  // Raw AAC cannot begin like this: the first three bits would say that the frame is over.
  if (frame.length < 7 || frame[0] !== 0xff || (frame[1]! & 0xf6) !== 0xf0) return 0;
  return (frame[1]! & 0x01) !== 0 ? 7 : 9;
}

/** AudioSpecificConfig that says the same as an ADTS header. */
export function aacConfigFromAdts(header: Buffer): Buffer {
  const objectType = (header[2]! >> 6) + 1;
  const rateIndex = (header[2]! >> 2) & 0x0f;
  const channels = ((header[2]! & 0x01) << 2) | (header[3]! >> 6);
  return Buffer.from([(objectType << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channels << 3)]);
}
