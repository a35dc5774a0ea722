import { assertNever } from '../../base/assert.ts';
import type { AudioCodec, AudioFormat } from '../access-unit.ts';
import { ALAW_TO_PCM, ULAW_TO_PCM } from './g711.ts';

/** Sound whose samples each take the same room. */
export type PcmCodec = Extract<AudioCodec, 'pcmu' | 'pcma' | 'l16'>;
export type PcmFormat = AudioFormat & { readonly codec: PcmCodec };

export function isPcm(format: AudioFormat): format is PcmFormat {
  return format.codec === 'pcmu' || format.codec === 'pcma' || format.codec === 'l16';
}

/** The 16-bit samples of each channel; what is less than a sample of each is left out. */
export function pcmChannels({ codec, channels }: PcmFormat, data: Buffer): Int16Array[] {
  const samples = Math.floor(data.length / channels / (codec === 'l16' ? 2 : 1));
  return Array.from({ length: channels }, (_, channel) => {
    const values = new Int16Array(samples);
    fill(values, codec, data, channel, channels);
    return values;
  });
}

function fill(values: Int16Array, codec: PcmCodec, data: Buffer, first: number, step: number): void {
  switch (codec) {
    case 'pcmu':
      for (let i = 0, at = first; i < values.length; i++, at += step) values[i] = ULAW_TO_PCM[data[at]!]!;
      return;
    case 'pcma':
      for (let i = 0, at = first; i < values.length; i++, at += step) values[i] = ALAW_TO_PCM[data[at]!]!;
      return;
    case 'l16':
      for (let i = 0, at = 2 * first; i < values.length; i++, at += 2 * step) {
        values[i] = (data[at]! << 8) | data[at + 1]!;
      }
      return;
    default:
      assertNever(codec);
  }
}
