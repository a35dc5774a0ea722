import { type AacConfig, aacFormat, parseAacConfig, plainAacConfig, readableAacConfig } from './aac-config.ts';
import { type AdtsHeader, aacConfigOfAdts } from './adts.ts';
import type { AudioOutlet } from './audio-outlet.ts';

export interface DescribedAac {
  readonly clockRate: number;
  /** What the SDP says; a configuration is believed first. */
  readonly channels: number;
  /** AudioSpecificConfig; undefined or nonsense: to be learned from the stream. */
  readonly config: Buffer | undefined;
}

/**
 * Which configuration counts for the AAC of one stream. ADTS in the stream is believed before the description, unless both say the same
 * about what lies below SBR, which ADTS cannot name. Where nothing says anything, it is AAC-LC at the rate of the clock, as most cameras
 * send it.
 */
export class AacFormats {
  readonly #described: DescribedAac;
  readonly #outlet: AudioOutlet;
  readonly #configuration: Buffer | undefined;
  #config: AacConfig | undefined;
  #adtsIdentity = -1;
  #isAdtsReadable = false;

  constructor(described: DescribedAac, outlet: AudioOutlet) {
    this.#described = described;
    this.#outlet = outlet;
    const { config, clockRate, channels } = described;
    const isReadable = config !== undefined && readableAacConfig(config) !== undefined;
    this.#configuration = isReadable ? config : plainAacConfig(clockRate, channels);
    if (this.#configuration !== undefined) this.adopt(this.#configuration);
  }

  /** Of one frame, at the clock of the stream: with SBR it may run at twice the rate of the core. */
  get ticksPerFrame(): number {
    if (this.#config === undefined) return 1024;
    return (this.#config.samplesPerFrame * this.#described.clockRate) / this.#config.sampleRate;
  }

  /** Throws AppError `corrupt`. */
  adopt(configuration: Buffer): void {
    const config = parseAacConfig(configuration);
    this.#config = config;
    const { clockRate, channels } = this.#described;
    this.#outlet.setFormat(aacFormat(configuration, config, clockRate, channels));
  }

  /** The frame that follows has this header. False when it cannot be recorded. */
  noteAdts(header: AdtsHeader): boolean {
    if (header.identity !== this.#adtsIdentity) {
      this.#adtsIdentity = header.identity;
      this.#isAdtsReadable = this.#learn(aacConfigOfAdts(header));
    }
    return this.#isAdtsReadable && header.rawBlocks === 1;
  }

  #learn(configuration: Buffer): boolean {
    const stated = readableAacConfig(configuration);
    if (stated === undefined) return false;
    const described = this.#configuration && readableAacConfig(this.#configuration);
    const isSame =
      described?.coreType === stated.coreType &&
      described.sampleRate === stated.sampleRate &&
      (stated.channels === 0 || described.channels === stated.channels);
    this.adopt(isSame && this.#configuration !== undefined ? this.#configuration : configuration);
    return true;
  }
}
