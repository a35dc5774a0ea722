import type { AudioFormat } from '../media/access-unit.ts';
import type { FlacFormat } from '../media/fmp4/audio-sample-entry.ts';
import type { Run } from '../media/fmp4/fragment.ts';
import { packetTicks } from '../media/sound/audio-format.ts';
import { MAX_FLAC_CHANNELS } from '../media/sound/flac.ts';
import { isPcm } from '../media/sound/pcm.ts';
import { type SilentPacket, silentPacket } from '../media/sound/silence.ts';
import { flacFormatOf, recodeToFlac } from './flac-sound.ts';

/** Sound as browsers take it in Media Source Extensions: AAC and Opus as they are, G.711 and linear PCM as FLAC, which is exact. */
export interface BrowserSound {
  readonly format: AudioFormat | FlacFormat;
  /** How long a packet lasts by what is in it; 0 where it does not say. */
  readonly ticksIn: (data: Buffer) => number;
  /** A packet of the stored form in which there is nothing to hear; undefined where it is not known. */
  readonly silent: SilentPacket | undefined;
  /** Packets of the stored form into packets of `format`, over the same time. */
  readonly recode: (run: Run) => Run;
}

/** Undefined for what no browser can be given. */
export function browserSound(format: AudioFormat): BrowserSound | undefined {
  const common = { ticksIn: (data: Buffer) => packetTicks(format, data), silent: silentPacket(format) };
  if (!isPcm(format)) return { ...common, format, recode: (run) => run };
  if (format.channels > MAX_FLAC_CHANNELS) return undefined;
  return { ...common, format: flacFormatOf(format), recode: (run) => recodeToFlac(format, run) };
}
