import { isUtf8 } from 'node:buffer';
import { AppError } from '../../base/errors.ts';

/** RTSP messages (RFC 2326 §4 to §7), for both ends. */

/** By lower-case name; a name may occur several times (`WWW-Authenticate`). */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly url: string;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

export interface RtspResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

export type RtspMessage = RtspRequest | RtspResponse;

/** Some firmwares compare names with regard to case: names are sent as they are written here. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A header section never exceeds a few kB; beyond this the peer does not speak RTSP. */
export const MAX_HEADER_BYTES = 64 * 1024;

/** The only body of size is the SDP; a camera with twenty profiles in it needs 20 kB. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Some cameras answer 401 to whom they do not know by name. */
export const USER_AGENT = 'Holdfast';

/** The first value of a header. */
export function headerOf(message: RtspMessage, name: string): string | undefined {
  return message.headers.get(name.toLowerCase())?.[0];
}

/**
 * Text of ours as messages carry it: one character for each byte of its UTF-8, as the headers that the other end sent are read. So what it
 * said goes back unchanged, whatever its encoding.
 */
export function toByteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The other way round, for an address that the other end sent: byte by byte where it is no UTF-8. */
export function fromByteString(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : text;
}

/** Header values are byte strings. */
export function encodeRequest(input: { method: string; url: string; headers: HeaderList; body?: Buffer }): Buffer {
  return encode(`${input.method} ${toByteString(input.url)} RTSP/1.0`, input.headers, input.body);
}

export function encodeResponse(input: { status: number; reason: string; headers: HeaderList; body?: Buffer }): Buffer {
  return encode(`RTSP/1.0 ${input.status} ${input.reason}`, input.headers, input.body);
}

/** `$`, channel, length, packet (RFC 2326 §10.12). */
export function encodeInterleaved(channel: number, packet: Buffer): Buffer {
  const header = Buffer.from([INTERLEAVED_MARK, channel, packet.length >> 8, packet.length & 0xff]);
  return Buffer.concat([header, packet]);
}

export const INTERLEAVED_MARK = 0x24;

function encode(firstLine: string, headers: HeaderList, body: Buffer | undefined): Buffer {
  const lines = [firstLine, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (body !== undefined && body.length > 0) lines.push(`Content-Length: ${body.length}`);
  // A line break in a value would let whoever configures a camera's address write headers of his own.
  if (lines.some((line) => /[\r\n]/.test(line)))
    throw new AppError('bad-input', `line break in RTSP message: ${firstLine}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}
