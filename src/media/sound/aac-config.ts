import { AppError, isAppError } from '../../base/errors.ts';
import type { AudioFormat } from '../access-unit.ts';
import { BitReader } from '../bit-reader.ts';

/** AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), as far as recording needs it. */
export interface AacConfig {
  /** 2 is AAC-LC, 5 HE-AAC (SBR), 29 HE-AAC v2. */
  readonly objectType: number;
  /** What lies below SBR: of HE-AAC usually 2; else the same. */
  readonly coreType: number;
  readonly sampleRate: number;
  /** 0: described in the stream itself. */
  readonly channels: number;
  /** Samples of one raw frame at `sampleRate`: 1024, seldom 960. */
  readonly samplesPerFrame: number;
}

const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

/** Around the rates of the table; others would make frames of no length, or of hours. */
const MIN_RATE = 4_000;
const MAX_RATE = 192_000;

/** Channels of the configurations 0 to 7. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

/** Throws AppError `corrupt`. */
export function parseAacConfig(config: Buffer): AacConfig {
  const reader = new BitReader(config, 'AAC configuration');
  const { objectType, coreType, sampleRate, channelConfiguration } = readHead(reader);
  const hasFrameLengthFlag = coreType <= 4 || coreType === 6 || coreType === 7;
  const isShortFrame = hasFrameLengthFlag && reader.remaining > 0 && reader.flag();
  return {
    objectType,
    coreType,
    sampleRate,
    channels: CHANNELS[channelConfiguration] ?? 0,
    samplesPerFrame: isShortFrame ? 960 : 1024,
  };
}

/** The same; undefined for nonsense. */
export function readableAacConfig(config: Buffer): AacConfig | undefined {
  try {
    return parseAacConfig(config);
  } catch (error) {
    if (!isAppError(error, 'corrupt')) throw error;
    return undefined;
  }
}

/** Goes over a configuration within something else. Throws AppError `corrupt`, also for the rare kinds whose length is not known here. */
export function skipAacConfig(reader: BitReader): void {
  const { coreType, channelConfiguration } = readHead(reader);
  if (coreType > 4 || channelConfiguration === 0)
    throw new AppError('corrupt', `AAC configuration: type ${coreType} with channels ${channelConfiguration}`);
  // GASpecificConfig (ISO/IEC 14496-3 §4.4.1)
  reader.skip(1); // length of frames
  const dependsOnCoreCoder = reader.flag();
  if (dependsOnCoreCoder) reader.skip(14);
  reader.skip(1); // extension flag, behind which types up to 4 have nothing
}

/** AAC-LC with this rate and channels; undefined for a rate that needs more words. */
export function plainAacConfig(sampleRate: number, channels: number): Buffer | undefined {
  const rateIndex = SAMPLE_RATES.indexOf(sampleRate);
  const channelConfiguration = CHANNELS.indexOf(channels);
  if (rateIndex < 0 || channelConfiguration < 1) return undefined;
  return shortAacConfig(2, rateIndex, channelConfiguration);
}

/** Two bytes: with the flags of GASpecificConfig all 0. */
export function shortAacConfig(objectType: number, rateIndex: number, channelConfiguration: number): Buffer {
  return Buffer.from([(objectType << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channelConfiguration << 3)]);
}

/** `channels`: where the configuration does not say them. */
export function aacFormat(bytes: Buffer, config: AacConfig, clockRate: number, channels: number): AudioFormat {
  return {
    kind: 'audio',
    codec: 'aac',
    codecString: `mp4a.40.${config.objectType}`,
    clockRate,
    channels: config.channels || channels,
    config: bytes,
  };
}

interface ConfigHead {
  readonly objectType: number;
  readonly coreType: number;
  readonly sampleRate: number;
  readonly channelConfiguration: number;
}

function readHead(reader: BitReader): ConfigHead {
  const objectType = readObjectType(reader);
  const sampleRate = readSampleRate(reader);
  const channelConfiguration = reader.bits(4);
  let coreType = objectType;
  if (objectType === 5 || objectType === 29) {
    readSampleRate(reader); // of the extension
    coreType = readObjectType(reader);
  }
  if (coreType === 0) throw new AppError('corrupt', 'AAC configuration: no type');
  return { objectType, coreType, sampleRate, channelConfiguration };
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
  if (rate === undefined) throw new AppError('corrupt', `AAC configuration: sample rate index ${index} is reserved`);
  if (rate < MIN_RATE || rate > MAX_RATE) throw new AppError('corrupt', `AAC configuration: ${rate} samples a second`);
  return rate;
}
