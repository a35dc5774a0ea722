/** Tables that RFC 2435 leaves out of the stream because every JPEG of a camera has the same: ITU-T T.81 annex K. */

export const TABLE_BYTES = 64;

/** Tables K.1 and K.2 in the zigzag order of a file. */
const LUMA_QUANTIZERS = Buffer.from(
  '100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763',
  'hex',
);
const CHROMA_QUANTIZERS = Buffer.from(`1112121815182f1a1a2f634238426363${'63'.repeat(48)}`, 'hex');

/** RFC 2435 §4.2; what lies outside of 1 to 99 is reserved, and clamped. */
export function quantizationTables(q: number): Buffer {
  const factor = Math.min(99, Math.max(1, q));
  const scale = factor < 50 ? Math.floor(5000 / factor) : 200 - factor * 2;
  const tables = Buffer.concat([LUMA_QUANTIZERS, CHROMA_QUANTIZERS]);
  return tables.map((value) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100)))) as Buffer;
}

const DC_VALUES = '000102030405060708090a0b';
const LUMA_AC_VALUES =
  '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a' +
  '434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa' +
  'b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa';
const CHROMA_AC_VALUES =
  '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a' +
  '434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa' +
  'b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa';

/** Tables K.3 to K.6: class and id, how many codes of each length, the values. */
export const HUFFMAN_TABLES: readonly Buffer[] = [
  `00${'00010501010101010100000000000000'}${DC_VALUES}`,
  `10${'0002010303020403050504040000017d'}${LUMA_AC_VALUES}`,
  `01${'00030101010101010101010000000000'}${DC_VALUES}`,
  `11${'00020102040403040705040400010277'}${CHROMA_AC_VALUES}`,
].map((hex) => Buffer.from(hex, 'hex'));
