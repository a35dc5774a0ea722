import { shortAacConfig } from './aac-config.ts';

/**
 * The header of a frame of AAC that stands by itself (ISO/IEC 13818-7 §6.2). One object is filled again and again.
 *
 *   syncword 12 │ ID 1 │ layer 2 │ no CRC 1 │ profile 2 │ rate 4 │ private 1 │ channels 3 │ 4 bits │ …
 *   … 2 bits │ length 13, header included │ fullness 11 │ raw blocks - 1 2
 */
export class AdtsHeader {
  /** With its checksum, where there is one. */
  headerBytes = 0;
  frameBytes = 0;
  /** What says how to decode: profile, rate and channels, nothing else. */
  identity = 0;
  /** More than one cannot be taken apart without decoding. */
  rawBlocks = 0;
}

export const ADTS_HEADER_BYTES = 7;
export const ADTS_FIRST_BYTE = 0xff;
const CHECKSUM_BYTES = 2;

/** The largest length that the header can say. */
export const MAX_ADTS_FRAME_BYTES = 2 ** 13 - 1;

/**
 * True when a header stands at `at`, and has its bytes before `end`; the lengths in it may contradict each other. Raw AAC cannot begin
 * like it: its first three bits would say that it is over.
 */
export function readAdtsHeader(bytes: Buffer, at: number, end: number, into: AdtsHeader): boolean {
  if (end - at < ADTS_HEADER_BYTES || bytes[at] !== ADTS_FIRST_BYTE || (bytes[at + 1]! & 0xf6) !== 0xf0) return false;
  const hasChecksum = (bytes[at + 1]! & 0x01) === 0;
  into.headerBytes = ADTS_HEADER_BYTES + (hasChecksum ? CHECKSUM_BYTES : 0);
  into.frameBytes = ((bytes[at + 3]! & 0x03) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  into.identity = ((bytes[at + 2]! & 0xfd) << 2) | (bytes[at + 3]! >> 6);
  into.rawBlocks = (bytes[at + 6]! & 0x03) + 1;
  return true;
}

/** AudioSpecificConfig that says the same as the header. */
export function aacConfigOfAdts({ identity }: AdtsHeader): Buffer {
  return shortAacConfig((identity >> 8) + 1, (identity >> 4) & 0x0f, identity & 0x07);
}
