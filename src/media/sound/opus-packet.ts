/*
 * The first byte of an Opus packet, its table of contents (RFC 6716 §3.1):
 *
 *    0 1 2 3 4 5 6 7
 *   | config  |s| c |       config: mode, bandwidth and length of a frame; s: stereo; c: how many frames follow
 */

/** Opus counts time at this rate, whatever the rate of what was encoded (RFC 7587 §4.1). */
export const OPUS_RATE = 48_000;

/** RFC 6716 §3.2.5: a packet lasts 120 ms at most. */
const MAX_PACKET_SAMPLES = 5_760;

/** Samples at 48 kHz. 0 for what is no Opus packet. */
export function opusPacketSamples(packet: Buffer): number {
  const first = packet[0];
  if (first === undefined) return 0;
  const frames = frameCount(first, packet);
  const samples = frames * frameSamples(first >> 3);
  return samples <= MAX_PACKET_SAMPLES ? samples : 0;
}

export function isOpusStereo(packet: Buffer): boolean {
  return ((packet[0] ?? 0) & 0x04) !== 0;
}

/** RFC 6716, table 2. */
function frameSamples(config: number): number {
  const MS = OPUS_RATE / 1000;
  if (config < 12) return [10, 20, 40, 60][config & 3]! * MS; // SILK
  if (config < 16) return [10, 20][config & 1]! * MS; // hybrid
  return [2.5, 5, 10, 20][config & 3]! * MS; // CELT
}

function frameCount(first: number, packet: Buffer): number {
  switch (first & 3) {
    case 0:
      return 1;
    case 3:
      return (packet[1] ?? 0) & 0x3f;
    default:
      return 2;
  }
}
