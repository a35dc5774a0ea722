import type { Clock } from '../../base/clock.ts';
import { AppError, isAppError } from '../../base/errors.ts';
import type { ByteStream, ByteStreamEvents, StreamAddresses } from './byte-stream.ts';
import { READ_AT_ONCE, type SetReceiveLowWater } from './gathering.ts';
import {
  encodeInterleaved,
  encodeRequest,
  encodeResponse,
  type HeaderList,
  headerOf,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
  USER_AGENT,
} from './message.ts';
import { type FramedStreamSink, StreamFramer } from './stream-framer.ts';

export interface RtspConnectionOptions {
  /** `10.0.0.5:554`, for messages. */
  readonly peer: string;
  /** What carries the messages; called once. */
  readonly openStream: (events: ByteStreamEvents) => ByteStream;
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

/** Keep-alives that some cameras never answer wait for ever; the oldest ones are forgotten. */
const MAX_WAITING_REQUESTS = 32;

/** One RTSP connection: framing, and which response belongs to which request. */
export class RtspConnection implements FramedStreamSink, ByteStreamEvents {
  readonly #options: RtspConnectionOptions;
  readonly #framer = new StreamFramer(this);
  readonly #waiting = new Map<number, WaitingRequest>();
  #stream: ByteStream | undefined;
  #isClosed = false;
  #nextSequence = 1;
  #arrivalMs = 0;
  #gathered = READ_AT_ONCE;

  bytesReceived = 0;

  constructor(options: RtspConnectionOptions) {
    this.#options = options;
  }

  get peer(): string {
    return this.#options.peer;
  }

  /** Rejects with AppError `timeout`, or as the stream does. */
  async connect(): Promise<void> {
    const { timeoutMs, openStream } = this.#options;
    this.#stream = openStream(this);
    await this.#withTimeout(
      this.#stream.open(),
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

  /** An interleaved packet. */
  sendFrame(channel: number, packet: Buffer): void {
    if (!this.#isClosed) this.#stream?.write(encodeInterleaved(channel, packet));
  }

  /** Of the two ends, as the kernel names them; undefined while nothing is open, and where there is no socket of our own. */
  get addresses(): StreamAddresses | undefined {
    return this.#stream?.addresses;
  }

  /** Reads only when so many bytes wait; READ_AT_ONCE while answers are expected soon. */
  gather(bytes: number): void {
    const { setReceiveLowWater } = this.#options;
    const fd = this.#stream?.descriptor;
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

  onBytes(bytes: Buffer, length: number): void {
    if (this.#isClosed) return;
    this.bytesReceived += length;
    this.#arrivalMs = this.#options.clock.monotonicMs();
    try {
      this.#framer.feed(bytes, length);
    } catch (error) {
      if (!isAppError(error, 'protocol')) throw error;
      this.onLost(new AppError('protocol', `${this.peer}: ${error.message}`, { cause: error }));
    }
  }

  onLost(error: AppError): void {
    if (this.#isClosed) return;
    this.#end(error);
    this.#options.onLost(error);
  }

  #send(request: OutgoingRequest, waiting: WaitingRequest): void {
    if (this.#isClosed || this.#stream === undefined) {
      waiting.reject(new AppError('unreachable', `${this.peer}: no connection for ${request.method}`));
      return;
    }
    const sequence = this.#nextSequence++;
    const headers: HeaderList = [['CSeq', String(sequence)], ['User-Agent', USER_AGENT], ...request.headers];
    const bytes = encodeRequest({ method: request.method, url: request.url, headers });
    this.#waiting.set(sequence, waiting);
    if (this.#waiting.size > MAX_WAITING_REQUESTS) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#stream.write(bytes);
  }

  #resolve(response: RtspResponse): void {
    const sequence = this.#sequenceOf(response);
    const waiting = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    waiting?.resolve(response);
  }

  /**
   * Where the number is missing only the newest request can be meant: older ones were given up or want no answer. A number that was never
   * sent is the mistake of a camera that counts for itself, and means the same.
   */
  #sequenceOf(response: RtspResponse): number {
    const newest = this.#nextSequence - 1;
    const text = headerOf(response, 'CSeq') ?? '';
    return /^\d{1,9}$/.test(text) && Number(text) <= newest ? Number(text) : newest;
  }

  /** Cameras ask too: OPTIONS, or GET_PARAMETER without a question in it, to see whether we are alive. */
  #answer(request: RtspRequest): void {
    const sequence = headerOf(request, 'CSeq');
    const headers: [string, string][] = sequence === undefined ? [] : [['CSeq', sequence]];
    const isPing = request.method === 'OPTIONS' || (request.method === 'GET_PARAMETER' && request.body.length === 0);
    if (request.method === 'OPTIONS') headers.push(['Public', 'OPTIONS, GET_PARAMETER']);
    this.#stream?.write(
      isPing
        ? encodeResponse({ status: 200, reason: 'OK', headers })
        : encodeResponse({ status: 501, reason: 'Not Implemented', headers }),
    );
  }

  #end(error: AppError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#framer.stop();
    this.#stream?.close();
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
}
