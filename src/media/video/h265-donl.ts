import type { VideoSink } from './video-sink.ts';

const VPS = 32;
const AGGREGATION_PACKET = 48;
const HEADER_BYTES = 2;
/** Decoding order number and size in front of an aggregate's first unit. */
const DONL_BYTES = 2;
const SIZE_BYTES = 2;

/** A VPS has 16 bits that are all set behind the first two bytes after its header (H.265 §7.3.2.1). */
const MARK_OFFSET = 4;

/**
 * Finds decoding order numbers (DONL, RFC 7798 §4.4.1) of which the description says nothing: they would be taken for picture data. A VPS has
 * a known pattern, and where it stands two bytes later than it should, there is a number in front. Best effort: who sends no VPS is not found.
 */
export class DonlProbe {
  readonly #sink: VideoSink;
  #isFound = false;

  constructor(sink: VideoSink) {
    this.#sink = sink;
  }

  /** For each packet until something could be decoded. */
  isFoundIn(bytes: Buffer, start: number, end: number): boolean {
    if (this.#isFound || !hasShiftedVps(bytes, start, end)) return this.#isFound;
    this.#isFound = true;
    this.#sink.onVideoRemark?.('decoding-order-numbers');
    return true;
  }
}

function hasShiftedVps(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < HEADER_BYTES + DONL_BYTES + SIZE_BYTES + MARK_OFFSET + 2) return false;
  const type = typeAt(bytes, start);
  if (type === VPS) return !isMarkedAt(bytes, start) && isMarkedAt(bytes, start + DONL_BYTES);
  if (type !== AGGREGATION_PACKET) return false;
  const first = start + HEADER_BYTES + SIZE_BYTES;
  const isVps = (at: number) => typeAt(bytes, at) === VPS && isMarkedAt(bytes, at);
  return !isVps(first) && isVps(first + DONL_BYTES);
}

function typeAt(bytes: Buffer, at: number): number {
  return (bytes[at]! >> 1) & 0x3f;
}

function isMarkedAt(bytes: Buffer, at: number): boolean {
  return bytes[at + MARK_OFFSET] === 0xff && bytes[at + MARK_OFFSET + 1] === 0xff;
}
