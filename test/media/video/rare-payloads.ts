/** Payloads in forms that few cameras use. */

const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const sized = (nal: Buffer) => [u16(nal.length), nal];

/** Units in one packet, the first with this decoding order number (RFC 6184 §5.7.1). */
export function stapB(don: number, ...nals: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x79]), u16(don), ...nals.flatMap(sized)]);
}

/** A unit's first fragment, with its decoding order number (RFC 6184 §5.8). `header` has its type and the start bit. */
export function fuB(don: number, header: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x7d, header]), u16(don), data]);
}

export function fuA(header: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x7c, header]), data]);
}

/** Units with times of their own (RFC 6184 §5.7.2): each with its distance from the first decoding order number, and from the packet's time. */
export function mtap(is24: boolean, don: number, ...parts: readonly (readonly [number, number, Buffer])[]): Buffer {
  return Buffer.concat([
    Buffer.from([is24 ? 0x7b : 0x7a]),
    u16(don),
    ...parts.flatMap(([distance, offset, nal]) => [
      u16(nal.length),
      Buffer.from([distance, ...(is24 ? [offset >> 16] : []), offset >> 8, offset & 0xff]),
      nal,
    ]),
  ]);
}

/** Another payload of H.265 in a packet with extra information of so many bytes (RFC 7798 §4.4.4). */
export function paci(payload: Buffer, extensionBytes = 0): Buffer {
  const type = (payload[0]! >> 1) & 0x3f;
  const fields = ((payload[0]! & 0x80) << 8) | (type << 9) | (extensionBytes << 4) | 0x0f;
  return Buffer.concat([
    Buffer.from([(50 << 1) | (payload[0]! & 1), payload[1]!, fields >> 8, fields & 0xff]),
    Buffer.alloc(extensionBytes, 0xee),
    payload.subarray(2),
  ]);
}
