import { AppError } from '../../../src/base/errors.ts';

/** The server's half of RTSP, written apart from the product's client so that the two cannot share a misunderstanding. */
export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  /** Names in lower case; the last one wins. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What the client sends between requests: RTCP receiver reports, mostly. */
export interface InterleavedData {
  readonly kind: 'data';
  readonly channel: number;
  readonly bytes: Buffer;
}

/** Real requests stay below 2 kB. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Bodies are parameters of a line each, and are not looked at. */
const MAX_BODY_BYTES = 64 * 1024;

/** Cuts what arrives into requests and interleaved data, whatever the pieces it arrives in. */
export class RequestReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Throws an AppError of kind `protocol` on what is not RTSP. */
  push(chunk: Buffer): (RtspRequest | InterleavedData)[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const items: (RtspRequest | InterleavedData)[] = [];
    for (let item = this.#next(); item; item = this.#next()) items.push(item);
    return items;
  }

  #next(): RtspRequest | InterleavedData | undefined {
    if (this.#pending[0] === 0x24) return this.#nextData();
    while (this.#pending[0] === 13 || this.#pending[0] === 10) this.#pending = this.#pending.subarray(1);
    const headerBytes = this.#pending.indexOf('\r\n\r\n');
    if (headerBytes < 0) {
      if (this.#pending.length > MAX_HEADER_BYTES) {
        throw new AppError('protocol', `request has more than ${MAX_HEADER_BYTES} bytes of headers`);
      }
      return undefined;
    }
    const request = parseHead(this.#pending.toString('latin1', 0, headerBytes));
    const bodyBytes = Number(request.headers.get('content-length') ?? 0);
    if (!(bodyBytes >= 0 && bodyBytes <= MAX_BODY_BYTES)) {
      throw new AppError('protocol', `request has a body of ${bodyBytes} bytes, at most ${MAX_BODY_BYTES}`);
    }
    const totalBytes = headerBytes + 4 + bodyBytes;
    if (this.#pending.length < totalBytes) return undefined;
    this.#pending = this.#pending.subarray(totalBytes);
    return request;
  }

  #nextData(): InterleavedData | undefined {
    if (this.#pending.length < 4) return undefined;
    const end = 4 + this.#pending.readUInt16BE(2);
    if (this.#pending.length < end) return undefined;
    const data = { kind: 'data' as const, channel: this.#pending[1]!, bytes: this.#pending.subarray(4, end) };
    this.#pending = this.#pending.subarray(end);
    return data;
  }
}

function parseHead(head: string): RtspRequest {
  const [start, ...lines] = head.split('\r\n');
  const match = /^([A-Z_]+) (\S+) RTSP\/1\.0$/.exec(start ?? '');
  if (!match) throw new AppError('protocol', `not an RTSP request: ${JSON.stringify(start?.slice(0, 80))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { kind: 'request', method: match[1]!, uri: match[2]!, headers };
}
