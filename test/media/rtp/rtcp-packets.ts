/** RTCP packets for tests, as a camera would send them. */

export interface SenderReportFields {
  ssrc?: number;
  ntpSeconds?: number;
  ntpFraction?: number;
  timestamp?: number;
  packetCount?: number;
  payloadBytes?: number;
}

export const CNAME = 1;

/** A header with the given count and type in front of `body`, whose length is filled up to whole words. */
export function rtcpPacket(type: number, count: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(body.length / 4) * 4);
  bytes[0] = 0x80 | count;
  bytes[1] = type;
  bytes.writeUInt16BE(bytes.length / 4 - 1, 2);
  body.copy(bytes, 4);
  return bytes;
}

export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, 4 * i);
  });
  return bytes;
}

export function senderReport(fields: SenderReportFields = {}): Buffer {
  const { ssrc = 0x1234, ntpSeconds = 0xe9000000, ntpFraction = 0x80000000 } = fields;
  const { timestamp = 0, packetCount = 0, payloadBytes = 0 } = fields;
  return rtcpPacket(200, 0, words(ssrc, ntpSeconds, ntpFraction, timestamp, packetCount, payloadBytes));
}

export function goodbye(...ssrcs: number[]): Buffer {
  return rtcpPacket(203, ssrcs.length, words(...ssrcs));
}

/** One source with a name, with or without the zero that ends the list of its items. */
export function sourceDescription(ssrc: number, name: string, hasEnd = true): Buffer {
  const item = Buffer.concat([words(ssrc), Buffer.from([CNAME, name.length]), Buffer.from(name)]);
  return rtcpPacket(202, 1, hasEnd ? Buffer.concat([item, Buffer.alloc(1)]) : item);
}
