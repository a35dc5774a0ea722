/**
 * RTP packets as they lie on an interleaved RTSP connection (RFC 2326, 10.12), ready to be copied and filled in:
 *
 *     '$' | channel (1) | length (2) | RTP header (12): flags, marker and type, sequence (2), timestamp (4), ssrc (4) | payload
 */
export interface PacketRun {
  readonly bytes: Buffer;
  /** Where each packet's '$' stands. */
  readonly offsets: readonly number[];
}

/** What differs from client to client, and from loop to loop. */
export interface PacketFields {
  readonly channel: number;
  /** Of the first packet; counts up within the run. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

export const INTERLEAVED_HEADER_BYTES = 4;
export const RTP_HEADER_BYTES = 12;
/** Fits an Ethernet frame with room for tunnels, as cameras send it. */
export const MAX_RTP_PACKET_BYTES = 1400;
export const MAX_PAYLOAD_BYTES = MAX_RTP_PACKET_BYTES - RTP_HEADER_BYTES;

const MARKER = 0x80;
const VERSION_2 = 0x80;

/** Lays payloads behind headers; the marker, if any, goes on the last. */
export function packRun(payloads: readonly (readonly Buffer[])[], payloadType: number, hasMarker: boolean): PacketRun {
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const [i, payload] of payloads.entries()) {
    const payloadBytes = payload.reduce((sum, part) => sum + part.length, 0);
    const header = Buffer.alloc(INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES);
    header[0] = 0x24;
    header.writeUInt16BE(RTP_HEADER_BYTES + payloadBytes, 2);
    header[4] = VERSION_2;
    header[5] = payloadType | (hasMarker && i === payloads.length - 1 ? MARKER : 0);
    parts.push(header, ...payload);
    offsets.push(offset);
    offset += header.length + payloadBytes;
  }
  return { bytes: Buffer.concat(parts), offsets };
}

/** One run out of several, copied. */
export function joinRuns(runs: readonly PacketRun[]): PacketRun {
  const bytes = Buffer.concat(runs.map((run) => run.bytes));
  const offsets: number[] = [];
  let start = 0;
  for (const run of runs) {
    for (const offset of run.offsets) offsets.push(start + offset);
    start += run.bytes.length;
  }
  return { bytes, offsets };
}

/** A copy for a frame that goes on behind it. */
export function withoutMarkers(run: PacketRun): PacketRun {
  const bytes = Buffer.from(run.bytes);
  for (const offset of run.offsets) bytes[offset + 5]! &= ~MARKER;
  return { bytes, offsets: run.offsets };
}

/**
 * Fills the fields in, in place, for packets that stand at `base` plus each offset. Runs for every packet to every client: no
 * calls, no allocation.
 */
export function fillIn(bytes: Buffer, base: number, offsets: readonly number[], fields: PacketFields): void {
  const { channel, timestamp, ssrc } = fields;
  let sequence = fields.sequence;
  for (let i = 0; i < offsets.length; i++) {
    const at = base + offsets[i]!;
    bytes[at + 1] = channel;
    bytes[at + 6] = sequence >>> 8;
    bytes[at + 7] = sequence;
    bytes[at + 8] = timestamp >>> 24;
    bytes[at + 9] = timestamp >>> 16;
    bytes[at + 10] = timestamp >>> 8;
    bytes[at + 11] = timestamp;
    bytes[at + 12] = ssrc >>> 24;
    bytes[at + 13] = ssrc >>> 16;
    bytes[at + 14] = ssrc >>> 8;
    bytes[at + 15] = ssrc;
    sequence = (sequence + 1) & 0xffff;
  }
}

/** The packets of a run one by one, as views. */
export function splitRun(run: PacketRun): Buffer[] {
  return run.offsets.map((offset, i) => run.bytes.subarray(offset, run.offsets[i + 1] ?? run.bytes.length));
}

/** The RTP packets in a piece, without what interleaving puts before them. What is no packet comes as one piece, as it is. */
export function interleavedPackets(piece: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let offset = 0;
  while (offset < piece.length) {
    if (piece[offset] !== 0x24) return [...packets, piece.subarray(offset)];
    const end = offset + INTERLEAVED_HEADER_BYTES + piece.readUInt16BE(offset + 2);
    packets.push(piece.subarray(offset + INTERLEAVED_HEADER_BYTES, end));
    offset = end;
  }
  return packets;
}
