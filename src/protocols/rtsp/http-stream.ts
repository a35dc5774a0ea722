import { AppError } from '../../base/errors.ts';
import type { ByteStreamEvents } from './byte-stream.ts';
import { type HttpResponseHead, HttpResponseReader } from './http-response.ts';
import { type HeaderList, toByteString } from './message.ts';
import { type Endpoint, SocketStream } from './socket-stream.ts';

export interface HttpStreamEvents extends ByteStreamEvents {
  /** Once, before the bytes of the body. */
  onHead(head: HttpResponseHead): void;
}

/** One HTTP request over a connection of its own, whose body and whose response may go on for ever. */
export class HttpStream implements ByteStreamEvents {
  readonly #events: HttpStreamEvents;
  readonly #socket: SocketStream;
  readonly #reader = new HttpResponseReader();
  #isHeadComplete = false;

  constructor(endpoint: Endpoint, events: HttpStreamEvents) {
    this.#events = events;
    this.#socket = new SocketStream(endpoint, this);
  }

  get descriptor(): number | undefined {
    return this.#socket.descriptor;
  }

  /** Resolves when the head of the request is on its way; rejects as SocketStream does. */
  async open(head: Buffer): Promise<void> {
    await this.#socket.open();
    this.#socket.write(head);
  }

  /** A piece of the body. */
  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Nothing is reported afterwards. */
  close(): void {
    this.#socket.close();
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#isHeadComplete) this.#events.onBytes(bytes, length);
    else this.#readHead(bytes, length);
  }

  onLost(error: AppError): void {
    this.#events.onLost(error);
  }

  #readHead(bytes: Buffer, length: number): void {
    try {
      const read = this.#reader.feed(bytes, length);
      if (read === undefined) return;
      this.#isHeadComplete = true;
      this.#events.onHead(read.head);
      if (read.taken < length) this.#events.onBytes(bytes.subarray(read.taken), length - read.taken);
    } catch (error) {
      this.close();
      this.#events.onLost(asProtocolError(this.#socket.peer, error));
    }
  }
}

/** HTTP/1.0, so that nobody cuts the body into chunks. */
export function encodeHttpRequest(method: string, path: string, headers: HeaderList): Buffer {
  const lines = [`${method} ${toByteString(path)} HTTP/1.0`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (lines.some((line) => /[\r\n]/.test(line))) throw new AppError('bad-input', `line break in HTTP request: ${path}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function asProtocolError(peer: string, error: unknown): AppError {
  if (!(error instanceof AppError)) throw error;
  return new AppError('protocol', `${peer}: ${error.message}`, { cause: error });
}
