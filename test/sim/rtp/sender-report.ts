/** Seconds between 1900, where NTP counts from, and 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

export interface SenderReport {
  readonly channel: number;
  readonly ssrc: number;
  readonly utcMs: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly payloadBytes: number;
}

/** An RTCP sender report with the source's name (RFC 3550, 6.4.1 and 6.5), as it lies on an interleaved connection. */
export function buildSenderReport(report: SenderReport): Buffer {
  const name = Buffer.from('holdfast-simulator');
  // SDES chunk: ssrc, item type, length, name, at least one zero, padded to 4 bytes.
  const chunkBytes = Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const bytes = Buffer.alloc(4 + 28 + 4 + chunkBytes);
  bytes[0] = 0x24;
  bytes[1] = report.channel;
  bytes.writeUInt16BE(bytes.length - 4, 2);

  bytes[4] = 0x80;
  bytes[5] = 200;
  bytes.writeUInt16BE(6, 6);
  bytes.writeUInt32BE(report.ssrc, 8);
  bytes.writeUInt32BE((Math.floor(report.utcMs / 1000) + NTP_EPOCH_SECONDS) % 2 ** 32, 12);
  bytes.writeUInt32BE(Math.floor(((report.utcMs % 1000) / 1000) * 2 ** 32), 16);
  bytes.writeUInt32BE(report.timestamp >>> 0, 20);
  bytes.writeUInt32BE(report.packets >>> 0, 24);
  bytes.writeUInt32BE(report.payloadBytes >>> 0, 28);

  bytes[32] = 0x81;
  bytes[33] = 202;
  bytes.writeUInt16BE(chunkBytes / 4, 34);
  bytes.writeUInt32BE(report.ssrc, 36);
  bytes[40] = 1; // CNAME
  bytes[41] = name.length;
  name.copy(bytes, 42);
  return bytes;
}
