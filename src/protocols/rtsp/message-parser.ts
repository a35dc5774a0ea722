import { AppError } from '../../base/errors.ts';
import { MAX_BODY_BYTES, MAX_HEADER_BYTES, type RtspHeaders, type RtspMessage } from './message.ts';

export type ParsedMessage =
  | { readonly kind: 'message'; readonly message: RtspMessage; readonly end: number }
  /** So many bytes from the start are needed before it is worth trying again; in the first `triedBytes` the header does not end. */
  | { readonly kind: 'incomplete'; readonly neededBytes: number; readonly triedBytes: number }
  /** Begins like a message, and is none. */
  | { readonly kind: 'garbage' };

/**
 * Reads the message at the beginning of `bytes[start, end)`. Takes LF for CRLF, spaces around names and values, folded
 * lines, header lines without a colon. Throws AppError `protocol` when a limit is exceeded. `triedBytes` comes from the last time, so that
 * a header that comes byte by byte is not searched from its beginning each time.
 */
export function parseMessage(bytes: Buffer, start: number, end: number, triedBytes = 0): ParsedMessage {
  const bodyStart = endOfHeader(bytes, Math.max(start, start + triedBytes - LONGEST_END), end);
  if (bodyStart === -1) {
    if (end - start > MAX_HEADER_BYTES)
      throw new AppError('protocol', `RTSP header of more than ${MAX_HEADER_BYTES} bytes`);
    return { kind: 'incomplete', neededBytes: end - start + 1, triedBytes: end - start };
  }
  const [firstLine = '', ...lines] = bytes.toString('latin1', start, bodyStart).split(/\r?\n/);
  const first = parseFirstLine(firstLine);
  if (first === undefined) return { kind: 'garbage' };
  const headers = parseHeaders(lines);
  const bodyBytes = contentLength(headers);
  if (end - bodyStart < bodyBytes)
    return { kind: 'incomplete', neededBytes: bodyStart - start + bodyBytes, triedBytes: 0 };
  // A copy: what is read next overwrites the socket's buffer.
  const body = Buffer.from(bytes.subarray(bodyStart, bodyStart + bodyBytes));
  return { kind: 'message', message: { ...first, headers, body }, end: bodyStart + bodyBytes };
}

/**
 * Whether a message begins at `start`. Undecided as long as the bytes are the beginning of one.
 */
export function looksLikeMessage(bytes: Buffer, start: number, end: number): boolean | undefined {
  const STATUS_LINE = 'RTSP/';
  const MAX_METHOD_BYTES = 20;
  const text = bytes.toString('latin1', start, Math.min(end, start + MAX_METHOD_BYTES + 1));
  if (text.startsWith(STATUS_LINE)) return true;
  if (/^[A-Z_]{3,20} /.test(text)) return true;
  return STATUS_LINE.startsWith(text) || /^[A-Z_]{1,20}$/.test(text) ? undefined : false;
}

/** Of an empty line that was cut: all but its last byte. */
const LONGEST_END = '\n\r'.length;

/** Index behind the empty line, or -1. */
export function endOfHeader(bytes: Buffer, start: number, end: number): number {
  for (let at = bytes.indexOf(0x0a, start); at !== -1 && at < end; at = bytes.indexOf(0x0a, at + 1)) {
    if (at + 1 < end && bytes[at + 1] === 0x0a) return at + 2;
    if (at + 2 < end && bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return -1;
}

type FirstLine =
  | { readonly kind: 'request'; readonly method: string; readonly url: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

function parseFirstLine(line: string): FirstLine | undefined {
  const response = /^RTSP\/\d\.\d\s+(\d{3})(?:\s+(.*))?$/.exec(line.trim());
  if (response) return { kind: 'response', status: Number(response[1]), reason: response[2] ?? '' };
  const request = /^([A-Z_]{3,20})\s+(\S+)\s+RTSP\/\d\.\d$/.exec(line.trim());
  if (request) return { kind: 'request', method: request[1]!, url: request[2]! };
  return undefined;
}

/** Lines of a header section, in Latin-1: one character for each byte. */
export function parseHeaders(lines: readonly string[]): RtspHeaders {
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const rawLine of lines) {
    const line = withoutControls(rawLine);
    if (/^[ \t]/.test(line) && last !== undefined && line.trim() !== '') {
      last.push(`${last.pop()} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    last = headers.get(name) ?? [];
    last.push(line.slice(colon + 1).trim());
    headers.set(name, last);
  }
  return headers;
}

/** A carriage return inside of a realm or session would be sent back to the camera as the end of a line. */
function withoutControls(line: string): string {
  return line.replace(/[^\P{Cc}\u0080-\u009f]/gu, ' ');
}

function contentLength(headers: RtspHeaders): number {
  const text = headers.get('content-length')?.[0];
  if (text === undefined || !/^\d{1,9}$/.test(text)) return 0;
  const length = Number(text);
  if (length > MAX_BODY_BYTES) {
    throw new AppError('protocol', `RTSP message with a body of ${length} bytes, at most ${MAX_BODY_BYTES} are taken`);
  }
  return length;
}
