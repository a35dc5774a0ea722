/** RTP packets for tests, as a camera would send them. */

export interface PacketFields {
  payloadType?: number;
  sequence?: number;
  timestamp?: number;
  ssrc?: number;
  marker?: boolean;
  payload: Buffer;
  extension?: { type: number; data: Buffer };
}

export function rtpPacket(fields: PacketFields): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (fields.payloadType ?? 96) | (fields.marker ? 0x80 : 0);
  header.writeUInt16BE((fields.sequence ?? 0) & 0xffff, 2);
  header.writeUInt32BE((fields.timestamp ?? 0) >>> 0, 4);
  header.writeUInt32BE(fields.ssrc ?? 0x1234, 8);
  if (fields.extension === undefined) return Buffer.concat([header, fields.payload]);
  header[0] = 0x90;
  const { type, data } = fields.extension;
  const words = Math.ceil(data.length / 4);
  const extension = Buffer.alloc(4 + words * 4, 0xff);
  extension.writeUInt16BE(type);
  extension.writeUInt16BE(words, 2);
  // Padding stands in front: segments may begin with any number of 0xFF, and nothing may follow a start of scan.
  data.copy(extension, extension.length - data.length);
  return Buffer.concat([header, extension, fields.payload]);
}

/** Payloads of one NAL unit: itself when it fits, else fragments (FU-A of RFC 6184). */
export function h264Payloads(nal: Buffer, maxBytes = 1400): Buffer[] {
  if (nal.length <= maxBytes) return [nal];
  const [indicator, type] = [(nal[0]! & 0xe0) | 28, nal[0]! & 0x1f];
  return fragments(nal.subarray(1), maxBytes - 2).map((part, i, all) =>
    Buffer.concat([Buffer.from([indicator, type | startEnd(i, all.length)]), part]),
  );
}

/** The same for H.265 (RFC 7798). */
export function h265Payloads(nal: Buffer, maxBytes = 1400): Buffer[] {
  if (nal.length <= maxBytes) return [nal];
  const type = (nal[0]! >> 1) & 0x3f;
  const header = Buffer.from([(nal[0]! & 0x81) | (49 << 1), nal[1]!]);
  return fragments(nal.subarray(2), maxBytes - 3).map((part, i, all) =>
    Buffer.concat([header, Buffer.from([type | startEnd(i, all.length)]), part]),
  );
}

function startEnd(index: number, count: number): number {
  return (index === 0 ? 0x80 : 0) | (index === count - 1 ? 0x40 : 0);
}

function fragments(bytes: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

/** NAL units behind 4-byte lengths, as an access unit holds them. */
export function lengthPrefixed(...nals: Buffer[]): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(nal.length);
      return [length, nal];
    }),
  );
}

export function splitLengthPrefixed(data: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt32BE(at);
    nals.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return nals;
}
