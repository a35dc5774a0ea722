import { ByteReader } from '../../base/byte-reader.ts';

/*
 * Reads RTCP (RFC 3550 §6). What matters is what a sender says about its clock; the rest is read so that it can be passed over. Cameras
 * send what the standard forbids: descriptions without an end mark, counts that exceed the packet, compounds that begin with a description.
 * Nothing here throws: what cannot be read is left out.
 */

/** What a sender says about its clock: at `ntpUtcMs` of its wall time its media stood at `rtpTimestamp`. */
export interface SenderReport {
  readonly kind: 'sender-report';
  readonly ssrc: number;
  /** Undefined where the sender knows no wall time and says zero. */
  readonly ntpUtcMs: number | undefined;
  /** The middle 32 bits of the NTP time, by which a receiver report names this report. */
  readonly ntpMiddle: number;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly payloadBytes: number;
  readonly blocks: readonly ReportBlock[];
}

export interface ReceiverReport {
  readonly kind: 'receiver-report';
  readonly ssrc: number;
  readonly blocks: readonly ReportBlock[];
}

/** How one sender is received (RFC 3550 §6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Of 256, since the report before. */
  readonly fractionLost: number;
  /** Negative when duplicates exceed the loss. */
  readonly packetsLost: number;
  /** Sequence number in the lower 16 bits, wraps in the upper. */
  readonly highestSequence: number;
  /** In ticks of the media clock. */
  readonly jitter: number;
  /** `ntpMiddle` of the last sender report; 0 when there was none. */
  readonly lastSenderReport: number;
  /** Since that report, in 1/65,536 s. */
  readonly delaySinceLastSenderReport: number;
}

export interface SourceDescription {
  readonly kind: 'source-description';
  readonly sources: readonly { readonly ssrc: number; readonly cname: string | undefined }[];
}

/** The senders say that they leave. */
export interface Goodbye {
  readonly kind: 'goodbye';
  readonly ssrcs: readonly number[];
}

export interface ApplicationPacket {
  readonly kind: 'application';
  readonly ssrc: number;
  readonly name: string;
}

export type RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | ApplicationPacket;

/** RFC 3550 §12.1; those of RFC 4585 and later (205 to 207) are nothing that a recorder needs. */
export const RTCP_TYPES = { senderReport: 200, receiverReport: 201, sourceDescription: 202, goodbye: 203, app: 204 };

/** Sender report, description and goodbye are three; nobody needs to send more in one datagram than this. */
const MAX_PACKETS = 32;

const HEADER_BYTES = 4;
const SSRC_BYTES = 4;
const REPORT_BLOCK_BYTES = 24;
const SENDER_INFO_BYTES = 20;
const SDES_END = 0;
const SDES_CNAME = 1;

/** RTP and RTCP in one channel are told apart by the second byte, which no RTP packet of a camera has (RFC 5761 §4). */
export function isRtcpType(secondByte: number): boolean {
  return (secondByte & 0xf8) === 200; // 200 to 207, asked for each packet
}

/** The packets of the compound in `bytes[start, end)`. */
export function readRtcp(bytes: Buffer, start: number, end: number): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  let at = start;
  while (end - at >= HEADER_BYTES && packets.length < MAX_PACKETS) {
    const first = bytes[at]!;
    if (first >> 6 !== 2) break;
    // A packet that is longer than what is there is read as far as it goes.
    const next = Math.min(end, at + HEADER_BYTES + 4 * bytes.readUInt16BE(at + 2));
    const body = new ByteReader(bytes.subarray(at + HEADER_BYTES, next), 'RTCP packet');
    const packet = readBody(bytes[at + 1]!, first & 0x1f, body);
    if (packet !== undefined) packets.push(packet);
    at = next;
  }
  return packets;
}

function readBody(type: number, count: number, body: ByteReader): RtcpPacket | undefined {
  switch (type) {
    case RTCP_TYPES.senderReport:
      return readSenderReport(count, body);
    case RTCP_TYPES.receiverReport:
      if (body.remaining < SSRC_BYTES) return undefined;
      return { kind: 'receiver-report', ssrc: body.u32(), blocks: readBlocks(count, body) };
    case RTCP_TYPES.sourceDescription:
      return { kind: 'source-description', sources: readSources(count, body) };
    case RTCP_TYPES.goodbye:
      return { kind: 'goodbye', ssrcs: readList(count, body, SSRC_BYTES, () => body.u32()) };
    case RTCP_TYPES.app:
      if (body.remaining < SSRC_BYTES + 4) return undefined;
      return { kind: 'application', ssrc: body.u32(), name: body.ascii(4) };
    default:
      return undefined;
  }
}

function readSenderReport(count: number, body: ByteReader): SenderReport | undefined {
  if (body.remaining < SSRC_BYTES + SENDER_INFO_BYTES) return undefined;
  const ssrc = body.u32();
  const seconds = body.u32();
  const fraction = body.u32();
  return {
    kind: 'sender-report',
    ssrc,
    ntpUtcMs: utcMsOfNtp(seconds, fraction),
    ntpMiddle: (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0,
    rtpTimestamp: body.u32(),
    packetCount: body.u32(),
    payloadBytes: body.u32(),
    blocks: readBlocks(count, body),
  };
}

function readBlocks(count: number, body: ByteReader): ReportBlock[] {
  return readList(count, body, REPORT_BLOCK_BYTES, () => ({
    ssrc: body.u32(),
    fractionLost: body.u8(),
    packetsLost: (body.u24() << 8) >> 8, // 24 bits with a sign
    highestSequence: body.u32(),
    jitter: body.u32(),
    lastSenderReport: body.u32(),
    delaySinceLastSenderReport: body.u32(),
  }));
}

/** As many as are announced, and fit. */
function readList<T>(count: number, body: ByteReader, sizeBytes: number, readOne: () => T): T[] {
  const list: T[] = [];
  while (list.length < count && body.remaining >= sizeBytes) list.push(readOne());
  return list;
}

function readSources(count: number, body: ByteReader): { ssrc: number; cname: string | undefined }[] {
  return readList(count, body, SSRC_BYTES, () => {
    const ssrc = body.u32();
    return { ssrc, cname: readItems(body) };
  });
}

/** Items up to the zero byte behind the last one (RFC 3550 §6.5), which some cameras leave out; then up to the next word. */
function readItems(body: ByteReader): string | undefined {
  let cname: string | undefined;
  while (body.remaining > 0) {
    const type = body.u8();
    if (type === SDES_END) break;
    if (body.remaining === 0) break;
    const text = body.bytes(Math.min(body.u8(), body.remaining)).toString('utf8');
    if (type === SDES_CNAME) cname ??= text;
  }
  body.skip(Math.min(body.remaining, -body.offset & 3));
  return cname;
}

/** From 1900, where NTP counts from, to 1970. */
export const NTP_EPOCH_SECONDS = 2_208_988_800;
const NTP_ERA_SECONDS = 2 ** 32;

/** Seconds with the upper bit clear are of the era that begins in 2036 (RFC 4330 §3). */
function utcMsOfNtp(seconds: number, fraction: number): number | undefined {
  if (seconds === 0 && fraction === 0) return undefined;
  const sinceEpoch = seconds >= NTP_ERA_SECONDS / 2 ? seconds : seconds + NTP_ERA_SECONDS;
  return (sinceEpoch - NTP_EPOCH_SECONDS) * 1000 + (fraction * 1000) / 2 ** 32;
}
