import { connect, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { AppError, errnoCode, isAppError } from '../../base/errors.ts';
import { READ_AT_ONCE, type SetReceiveLowWater } from './gathering.ts';
import {
  encodeRequest,
  encodeResponse,
  type HeaderList,
  headerOf,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
} from './message.ts';

import { type FramedStreamSink, StreamFramer } from './stream-framer.ts';

export interface RtspConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** For reaching the camera, and for each answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Lets frames gather in the kernel; left out, each is read as it comes. */
  readonly setReceiveLowWater?: SetReceiveLowWater | undefined;
  /** An interleaved packet in `bytes[start, end)`, which are used again after the call. */
  readonly onFrame: (channel: number, bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number) => void;
  /** Once, when the connection ends for another reason than `close()`. */
  readonly onLost: (error: AppError) => void;
}

export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderList;
}

interface WaitingRequest {
  resolve(response: RtspResponse): void;
  reject(error: AppError): void;
}

/**
 * All connections read into this one buffer: what is read is used up before the callback returns, and 64 buffers would be 4 MiB
 * that the processor's cache does not hold. 64 KiB is what libuv asks for by itself.
 */
const sharedReadBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Keep-alives that some cameras never answer wait for ever; the oldest ones are forgotten. */
const MAX_WAITING_REQUESTS = 32;

/** Some cameras answer 401 to whom they do not know by name. */
const USER_AGENT = 'Holdfast';

/** One RTSP connection over TCP: socket, framing, and which response belongs to which request. */
export class RtspConnection implements FramedStreamSink {
  readonly #options: RtspConnectionOptions;
  readonly #framer = new StreamFramer(this);
  readonly #waiting = new Map<number, WaitingRequest>();
  #socket: Socket | undefined;
  #isClosed = false;
  #nextSequence = 1;
  #arrivalMs = 0;
  #gathered = READ_AT_ONCE;

  bytesReceived = 0;

  constructor(options: RtspConnectionOptions) {
    this.#options = options;
  }

  /** `10.0.0.5:554`, for messages. */
  get peer(): string {
    const { host, port } = this.#options;
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }

  /** Rejects with AppError `unreachable` or `timeout`. */
  async connect(): Promise<void> {
    const { host, port, timeoutMs } = this.#options;
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: sharedReadBuffer, callback: (length, bytes) => this.#read(length, bytes as Buffer) },
    });
    this.#socket = socket;
    socket.on('error', (error) => this.#lose(this.#mapError(error)));
    socket.on('close', () => this.#lose(new AppError('unreachable', `${this.peer} closed the connection`)));
    const connected = new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => reject(this.#mapError(error)));
      socket.once('close', () => reject(new AppError('unreachable', `${this.peer}: connection was closed`)));
    });
    await this.#withTimeout(
      connected,
      timeoutMs,
      () => `${this.peer} did not accept a connection within ${timeoutMs} ms`,
    );
  }

  /** Sends and waits. Rejects with AppError `timeout`, or with what ended the connection. */
  async request(request: OutgoingRequest, timeoutMs: number = this.#options.timeoutMs): Promise<RtspResponse> {
    const sequence = this.#nextSequence;
    const answered = new Promise<RtspResponse>((resolve, reject) => this.#send(request, { resolve, reject }));
    try {
      return await this.#withTimeout(
        answered,
        timeoutMs,
        () => `${this.peer} did not answer ${request.method} within ${timeoutMs} ms`,
      );
    } finally {
      this.#waiting.delete(sequence);
    }
  }

  /** Sends without waiting: `onResponse` is called if an answer ever comes. */
  post(request: OutgoingRequest, onResponse: (response: RtspResponse) => void): void {
    this.#send(request, { resolve: onResponse, reject: () => undefined });
  }

  /** Reads only when so many bytes wait; READ_AT_ONCE while answers are expected soon. */
  gather(bytes: number): void {
    const { setReceiveLowWater } = this.#options;
    const fd = this.#socket === undefined ? undefined : descriptorOf(this.#socket);
    if (setReceiveLowWater === undefined || fd === undefined || bytes === this.#gathered) return;
    if (setReceiveLowWater(fd, bytes)) this.#gathered = bytes;
  }

  close(): void {
    this.#end(new AppError('unreachable', `connection to ${this.peer} was closed by us`));
  }

  onFrame(channel: number, bytes: Buffer, start: number, end: number): void {
    this.#options.onFrame(channel, bytes, start, end, this.#arrivalMs);
  }

  onMessage(message: RtspMessage): void {
    if (message.kind === 'request') this.#answer(message);
    else this.#resolve(message);
  }

  #send(request: OutgoingRequest, waiting: WaitingRequest): void {
    if (this.#isClosed || this.#socket === undefined) {
      waiting.reject(new AppError('unreachable', `${this.peer}: no connection for ${request.method}`));
      return;
    }
    const sequence = this.#nextSequence++;
    const headers: HeaderList = [['CSeq', String(sequence)], ['User-Agent', USER_AGENT], ...request.headers];
    const bytes = encodeRequest({ method: request.method, url: request.url, headers });
    this.#waiting.set(sequence, waiting);
    if (this.#waiting.size > MAX_WAITING_REQUESTS) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#socket.write(bytes);
  }

  #resolve(response: RtspResponse): void {
    const text = headerOf(response, 'CSeq');
    // Where the number is missing only the newest request can be meant: older ones were given up or want no answer.
    const sequence = text !== undefined && /^\d+$/.test(text) ? Number(text) : this.#nextSequence - 1;
    const waiting = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    waiting?.resolve(response);
  }

  /** Cameras ask too: OPTIONS to see whether we are alive. */
  #answer(request: RtspRequest): void {
    const sequence = headerOf(request, 'CSeq');
    const headers: [string, string][] = sequence === undefined ? [] : [['CSeq', sequence]];
    if (request.method === 'OPTIONS') {
      this.#socket?.write(encodeResponse({ status: 200, reason: 'OK', headers: [...headers, ['Public', 'OPTIONS']] }));
    } else {
      this.#socket?.write(encodeResponse({ status: 501, reason: 'Not Implemented', headers }));
    }
  }

  #read(length: number, bytes: Buffer): boolean {
    if (this.#isClosed) return true;
    this.bytesReceived += length;
    this.#arrivalMs = this.#options.clock.monotonicMs();
    try {
      this.#framer.feed(bytes, length);
    } catch (error) {
      if (!isAppError(error, 'protocol')) throw error;
      this.#lose(new AppError('protocol', `${this.peer}: ${error.message}`, { cause: error }));
    }
    return true;
  }

  #lose(error: AppError): void {
    if (this.#isClosed) return;
    this.#end(error);
    this.#options.onLost(error);
  }

  #end(error: AppError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#framer.stop();
    this.#socket?.destroy();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const request of waiting) request.reject(error);
  }

  async #withTimeout<T>(work: Promise<T>, timeoutMs: number, message: () => string): Promise<T> {
    const stop = new AbortController();
    const late = this.#options.clock.sleep(timeoutMs, stop.signal).then(() => {
      throw new AppError('timeout', message());
    });
    late.catch(() => undefined); // aborted, or nobody waits any more
    try {
      return await Promise.race([work, late]);
    } finally {
      stop.abort();
    }
  }

  #mapError(error: Error): AppError {
    const code = errnoCode(error);
    if (code === 'ETIMEDOUT') return new AppError('timeout', `${this.peer} does not answer`, { cause: error });
    const reason = code === undefined ? undefined : REASONS.get(code);
    return new AppError('unreachable', `${this.peer}: ${reason ?? error.message}`, { cause: error });
  }
}

/** Node keeps the descriptor to itself; where it hides it otherwise, frames are read one by one. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}

const REASONS = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection was reset'],
  ['EPIPE', 'connection was closed'],
  ['EHOSTUNREACH', 'no route to this address'],
  ['ENETUNREACH', 'no route to this network'],
  ['ENOTFOUND', 'name is not known'],
  ['EAI_AGAIN', 'name service does not answer'],
]);
