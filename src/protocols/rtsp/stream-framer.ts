import { AppError } from '../../base/errors.ts';
import { INTERLEAVED_MARK, MAX_BODY_BYTES, MAX_HEADER_BYTES, type RtspMessage } from './message.ts';
import { looksLikeMessage, parseMessage } from './message-parser.ts';

export interface FramedStreamSink {
  /** `bytes` is used again after the call. */
  onFrame(channel: number, bytes: Buffer, start: number, end: number): void;
  onMessage(message: RtspMessage): void;
}

/** After so many pieces of garbage the peer is taken for one that does not speak RTSP. */
const MAX_RESYNCS = 10;

/** So many good frames in a row make up for the garbage before them: a camera may stumble once an hour for a year. */
const FRAMES_THAT_FORGIVE = 1000;

/** Without a plausible frame in so many bytes the search is given up: 1 s of a 2 Mbps stream. */
const MAX_GARBAGE_BYTES = 256 * 1024;

/** What a frame must look like when it is searched for in garbage. Cameras use channels from 0 up, and RTP packets near 1,400 bytes. */
const MAX_PLAUSIBLE_CHANNEL = 20;
const MAX_PLAUSIBLE_FRAME_BYTES = 16 * 1024;
const MIN_PLAUSIBLE_FRAME_BYTES = 8;

const FRAME_HEADER_BYTES = 4;
const MAX_FRAME_BYTES = FRAME_HEADER_BYTES + 0xffff;

/** Above this the buffer for what is incomplete is given back once it is empty. */
const KEPT_PENDING_BYTES = 2048;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Divides the bytes of an RTSP connection into messages and interleaved frames. Whole frames are handed on in place; only what
 * is cut by the end of a chunk is copied. Between frames anything may stand that cameras put there: empty lines are passed over,
 * garbage is skipped up to the next plausible frame or status line.
 */
export class StreamFramer {
  readonly #sink: FramedStreamSink;
  #pending: Buffer = Buffer.alloc(0);
  #pendingLength = 0;
  /** Nothing can be done before so many bytes are pending. */
  #neededBytes = 0;
  /** So many bytes at the beginning of what is pending are known not to end the header. */
  #triedBytes = 0;
  #isResyncing = false;
  #garbageBytes = 0;
  #resyncsInARow = 0;
  #framesSinceResync = 0;
  #isStopped = false;

  /** Pieces of garbage skipped so far. */
  resyncs = 0;

  constructor(sink: FramedStreamSink) {
    this.#sink = sink;
  }

  /** Takes `chunk[0, length)`; the sink is called before this returns. Throws AppError `protocol` when a limit is exceeded. */
  feed(chunk: Buffer, length: number = chunk.length): void {
    if (this.#isStopped) return;
    let at = 0;
    if (this.#pendingLength > 0) {
      if (this.#pending[0] === INTERLEAVED_MARK && !this.#isResyncing) {
        at = this.#completeFrame(chunk, length);
        if (this.#pendingLength > 0) return;
      } else {
        this.#appendPending(chunk, 0, length);
        if (this.#pendingLength < this.#neededBytes) return;
        const rest = this.#parse(this.#pending, 0, this.#pendingLength);
        this.#pending.copyWithin(0, rest, this.#pendingLength);
        this.#pendingLength -= rest;
        this.#releasePending();
        return;
      }
    }
    at = this.#parse(chunk, at, length);
    if (at < length) this.#appendPending(chunk, at, length);
  }

  /** Bytes that come after this are ignored; may be called by the sink. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Adds to the pending frame just what it misses. Returns how much of the chunk was used. */
  #completeFrame(chunk: Buffer, length: number): number {
    let at = 0;
    if (this.#pendingLength < FRAME_HEADER_BYTES) {
      at = Math.min(length, FRAME_HEADER_BYTES - this.#pendingLength);
      this.#appendPending(chunk, 0, at);
      if (this.#pendingLength < FRAME_HEADER_BYTES) return at;
    }
    const total = FRAME_HEADER_BYTES + ((this.#pending[2]! << 8) | this.#pending[3]!);
    const missing = total - this.#pendingLength;
    const taken = Math.min(missing, length - at);
    this.#appendPending(chunk, at, at + taken);
    if (taken < missing) return at + taken;
    this.#deliver(this.#pending, 0, total);
    this.#pendingLength = 0;
    this.#releasePending();
    return at + taken;
  }

  /** Returns where the first incomplete thing begins. */
  #parse(bytes: Buffer, start: number, end: number): number {
    let at = start;
    const triedBytes = this.#triedBytes;
    this.#neededBytes = 0;
    this.#triedBytes = 0;
    while (at < end && !this.#isStopped) {
      if (this.#isResyncing) {
        at = this.#skipGarbage(bytes, at, end);
        if (this.#isResyncing) return at;
      }
      const byte = bytes[at]!;
      if (byte === INTERLEAVED_MARK) {
        if (end - at < FRAME_HEADER_BYTES) return at;
        const next = at + FRAME_HEADER_BYTES + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
        if (next > end) return at;
        this.#deliver(bytes, at, next);
        at = next;
      } else if (byte === CR || byte === LF) {
        at++;
      } else {
        const next = this.#parseText(bytes, at, end, at === start ? triedBytes : 0);
        if (next === at) return at;
        at = next;
      }
    }
    return this.#isStopped ? end : at;
  }

  /** Returns `at` when more bytes are needed. */
  #parseText(bytes: Buffer, at: number, end: number, triedBytes: number): number {
    const isMessage = looksLikeMessage(bytes, at, end);
    if (isMessage === undefined) return at;
    if (isMessage) {
      const parsed = parseMessage(bytes, at, end, triedBytes);
      if (parsed.kind === 'incomplete') {
        this.#neededBytes = parsed.neededBytes;
        this.#triedBytes = parsed.triedBytes;
        return at;
      }
      if (parsed.kind === 'message') {
        this.#sink.onMessage(parsed.message);
        return parsed.end;
      }
    }
    this.#beginResync();
    return at + 1;
  }

  #deliver(bytes: Buffer, start: number, end: number): void {
    if (this.#resyncsInARow > 0 && ++this.#framesSinceResync >= FRAMES_THAT_FORGIVE) this.#resyncsInARow = 0;
    this.#sink.onFrame(bytes[start + 1]!, bytes, start + FRAME_HEADER_BYTES, end);
  }

  #beginResync(): void {
    this.resyncs++;
    this.#framesSinceResync = 0;
    if (++this.#resyncsInARow > MAX_RESYNCS) {
      throw new AppError('protocol', `garbage between RTSP messages, for the ${this.#resyncsInARow}th time`);
    }
    this.#isResyncing = true;
    this.#garbageBytes = 1;
  }

  /** Returns the place of the next plausible frame or status line, or (still resyncing) of what may become one. */
  #skipGarbage(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (; at < end; at++) {
      const verdict = isPlausibleStart(bytes, at, end);
      if (verdict === undefined) break;
      if (verdict) {
        this.#isResyncing = false;
        return at;
      }
    }
    this.#garbageBytes += at - start;
    if (this.#garbageBytes > MAX_GARBAGE_BYTES) {
      throw new AppError('protocol', `no RTSP message within ${this.#garbageBytes} bytes of garbage`);
    }
    return at;
  }

  #appendPending(chunk: Buffer, from: number, to: number): void {
    const needed = this.#pendingLength + to - from;
    if (needed > this.#pending.length) {
      // The parser never leaves more than one incomplete message or frame, so this grows no further than that plus a chunk.
      const limit = Math.max(MAX_HEADER_BYTES + MAX_BODY_BYTES, MAX_FRAME_BYTES) + chunk.length;
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(limit, 2 * needed), KEPT_PENDING_BYTES));
      this.#pending.copy(larger, 0, 0, this.#pendingLength);
      this.#pending = larger;
    }
    chunk.copy(this.#pending, this.#pendingLength, from, to);
    this.#pendingLength = needed;
  }

  #releasePending(): void {
    if (this.#pendingLength === 0 && this.#pending.length > KEPT_PENDING_BYTES) this.#pending = Buffer.alloc(0);
  }
}

function isPlausibleStart(bytes: Buffer, at: number, end: number): boolean | undefined {
  const byte = bytes[at]!;
  if (byte === INTERLEAVED_MARK) {
    if (end - at <= FRAME_HEADER_BYTES) return undefined;
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const isRtpVersion2 = bytes[at + FRAME_HEADER_BYTES]! >> 6 === 2;
    return (
      bytes[at + 1]! < MAX_PLAUSIBLE_CHANNEL &&
      length >= MIN_PLAUSIBLE_FRAME_BYTES &&
      length <= MAX_PLAUSIBLE_FRAME_BYTES &&
      isRtpVersion2
    );
  }
  if (byte !== STATUS_LINE[0]) return false;
  const available = Math.min(STATUS_LINE.length, end - at);
  if (STATUS_LINE.compare(bytes, at, at + available, 0, available) !== 0) return false;
  return available === STATUS_LINE.length ? true : undefined;
}

const STATUS_LINE = Buffer.from('RTSP/1.');
