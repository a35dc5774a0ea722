import { assertNever } from '../../base/assert.ts';
import type { AudioFormat } from '../access-unit.ts';
import { BitWriter } from '../bit-writer.ts';
import { aacConfigOf, packetTicks, pcmFrameBytes } from './audio-format.ts';

/** Nothing to hear, for a while. */
export interface SilentPacket {
  readonly data: Buffer;
  readonly ticks: number;
}

/** What cameras put into one packet of G.711 and PCM, mostly (RFC 3551 §4.2). */
const PCM_PACKETS_PER_S = 50;

/** A packet of silence in this format; undefined for the rare ones for which nobody has written it down here. */
export function silentPacket(format: AudioFormat): SilentPacket | undefined {
  const data = silenceOf(format);
  return data && { data, ticks: packetTicks(format, data) };
}

function silenceOf(format: AudioFormat): Buffer | undefined {
  const pcmBytes = Math.ceil(format.clockRate / PCM_PACKETS_PER_S) * pcmFrameBytes(format);
  switch (format.codec) {
    case 'pcmu':
      return Buffer.alloc(pcmBytes, 0xff);
    case 'pcma':
      return Buffer.alloc(pcmBytes, 0xd5);
    case 'l16':
      return Buffer.alloc(pcmBytes);
    case 'opus':
      // CELT over the whole band, 20 ms (RFC 6716 §3.1); a range coder that reads all ones says silence (§4.3).
      return Buffer.from([format.channels === 1 ? 0xf8 : 0xfc, 0xff, 0xfe]);
    case 'aac':
      return silentAacFrame(format);
    default:
      return assertNever(format.codec);
  }
}

/** A raw_data_block (ISO/IEC 14496-3 §4.4.2.1) whose channels code no band at all. */
function silentAacFrame(format: AudioFormat): Buffer | undefined {
  const channels = aacConfigOf(format)?.channels;
  if (channels !== 1 && channels !== 2) return undefined;
  const writer = new BitWriter(8);
  const [ONE_CHANNEL, TWO_CHANNELS, END] = [0, 1, 7];
  writer.bits(channels === 1 ? ONE_CHANNEL : TWO_CHANNELS, 3);
  writer.bits(0, 4); // tag
  if (channels === 2) writer.bits(0, 1); // each channel has a window of its own
  for (let channel = 0; channel < channels; channel++) {
    writer.bits(0, 8); // gain
    writer.bits(0, 1 + 2 + 1 + 6 + 1); // a long window, no bands, no prediction
    writer.bits(0, 3); // no pulses, no noise shaping, no gain control
  }
  writer.bits(END, 3);
  return Buffer.from(writer.bytes());
}
