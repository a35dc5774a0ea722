import { AppError } from '../../base/errors.ts';
import type { RtspHeaders } from './message.ts';
import { endOfHeader, parseHeaders } from './message-parser.ts';

/** What stands in front of the body of an HTTP response. */
export interface HttpResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: RtspHeaders;
}

/** Some hundred bytes are usual. Small, because each piece is looked at together with all before it. */
const MAX_HEAD_BYTES = 8 * 1024;

/** Collects the head of an HTTP response, which may come in any pieces. */
export class HttpResponseReader {
  #bytes = Buffer.alloc(0);

  /**
   * Takes `chunk[0, length)`, until it returns the head and how many bytes of the last chunk belong to it. Throws AppError `protocol` for
   * what is not HTTP.
   */
  feed(chunk: Buffer, length: number): { readonly head: HttpResponseHead; readonly taken: number } | undefined {
    const before = this.#bytes.length;
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, length)]);
    this.#refuseGarbage();
    const end = endOfHeader(this.#bytes, 0, this.#bytes.length);
    if (end === -1) {
      if (this.#bytes.length > MAX_HEAD_BYTES) throw notHttp(this.#bytes.toString('latin1', 0, 100));
      return undefined;
    }
    const head = parseHead(this.#bytes.toString('latin1', 0, end));
    return { head, taken: end - before };
  }

  #refuseGarbage(): void {
    const start = this.#bytes.toString('latin1', 0, LONGEST_PROTOCOL);
    const isPossible = PROTOCOLS.some((name) => name.startsWith(start.slice(0, name.length)));
    if (!isPossible) throw notHttp(this.#bytes.toString('latin1', 0, 100));
  }
}

/** Some servers of tunnels answer in the words that they use otherwise. */
const PROTOCOLS = ['HTTP/', 'RTSP/'];
const LONGEST_PROTOCOL = 5;

function parseHead(text: string): HttpResponseHead {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const match = /^(?:HTTP|RTSP)\/\d\.\d\s+(\d{3})(?:\s+(.*))?$/.exec(first.trimEnd());
  if (!match) throw notHttp(first);
  return { status: Number(match[1]), reason: match[2] ?? '', headers: parseHeaders(lines) };
}

function notHttp(text: string): AppError {
  return new AppError('protocol', `no HTTP response: ${JSON.stringify(text.slice(0, 100))}`);
}
