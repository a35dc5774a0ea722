import { crc32 } from 'node:zlib';

/**
 * Lines of JSON that carry their own checksum: `{"n":12,…,"crc":"8f3a0c21"}`. The CRC-32 is over the bytes of the line up to,
 * and not including, `,"crc"`. Used by the journal on each drive and by the ledger; a line that was cut by a power loss or
 * damaged is skipped and counted, never guessed at.
 */
export function encodeLine(value: object): string {
  const body = JSON.stringify(value).slice(0, -1);
  return `${body},"crc":"${crcHex(body)}"}\n`;
}

/** The object without its `crc`, or undefined when the line is not intact. */
export function decodeLine(line: string): Record<string, unknown> | undefined {
  const match = /^(.*),"crc":"([0-9a-f]{8})"\}$/s.exec(line);
  if (!match || crcHex(match[1]!) !== match[2]) return undefined;
  try {
    const value: unknown = JSON.parse(`${match[1]}}`);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // intact, but not written by us
  }
}

function crcHex(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
