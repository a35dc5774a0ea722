/** CRC-8 of FLAC frame headers: polynomial x^8 + x^2 + x + 1 (RFC 9639 §9.1.8). */
export function crc8Flac(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = CRC8[crc ^ byte]!;
  return crc;
}

/** CRC-16 of FLAC frames: polynomial x^16 + x^15 + x^2 + 1 (RFC 9639 §9.3). */
export function crc16Flac(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ byte]!;
  return crc;
}

const CRC8 = Uint8Array.from({ length: 256 }, (_, byte) => shiftedThrough(byte, 8, 0x07));
const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => shiftedThrough(byte << 8, 16, 0x8005));

function shiftedThrough(start: number, width: number, polynomial: number): number {
  const top = 1 << (width - 1);
  let crc = start;
  for (let bit = 0; bit < 8; bit++) crc = (crc & top) !== 0 ? (crc << 1) ^ polynomial : crc << 1;
  return crc & (2 * top - 1);
}
