import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { START_CODE } from './annex-b.ts';
import { DonlProbe } from './h265-donl.ts';
import { H265_RULES } from './h265-parameters.ts';
import type { ParameterSets } from './parameter-sets.ts';
import { VideoAssembler } from './video-assembler.ts';
import type { VideoSink } from './video-sink.ts';

/** Types of payload that hold several NAL units, a piece of one, or extra information around either (RFC 7798 §4.4). */
const AGGREGATION_PACKET = 48;
const FRAGMENTATION_UNIT = 49;
const PACI = 50;

const HEADER_BYTES = 2;
const PACI_HEADER_BYTES = 2;

/**
 * RTP payload of H.265, RFC 7798, without decoding order numbers (`sprop-max-don-diff=0`). Tolerates the same as its H.264 sibling.
 * A unit of type 0 with a zero first byte is valid (TRAIL_N), so a start code is looked for only where the layer and
 * temporal id of the header are impossible: 00 00 has temporal id plus one = 0.
 */
export class H265Depacketiser implements Depacketiser {
  readonly #assembler: VideoAssembler;
  readonly #donl: DonlProbe;

  /** Payloads of a form that this mode does not have. */
  payloadsMalformed = 0;

  constructor(sink: VideoSink, sets?: ParameterSets) {
    this.#assembler = new VideoAssembler(H265_RULES, sink, sets);
    this.#donl = new DonlProbe(sink);
  }

  get framesIncomplete(): number {
    return this.#assembler.framesIncomplete;
  }

  get framesMalformed(): number {
    return this.#assembler.framesMalformed;
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    const { payloadStart: start, payloadEnd: end } = packet;
    if (!this.#assembler.hasStarted && this.#donl.isFoundIn(bytes, start, end)) return;
    this.#assembler.beginPacket(rtpTime, isAfterGap);
    if (end - start > HEADER_BYTES) this.#pushPayload(bytes, start, end);
    this.#assembler.endPacket(packet.hasMarker, arrivalMonotonicMs);
  }

  flush(): void {
    this.#assembler.flush();
  }

  #pushPayload(bytes: Buffer, start: number, end: number): void {
    const type = (bytes[start]! >> 1) & 0x3f;
    if (type === FRAGMENTATION_UNIT)
      this.#pushFragment(bytes, bytes[start]!, bytes[start + 1]!, start + HEADER_BYTES, end);
    else if (type === AGGREGATION_PACKET) this.#pushAggregate(bytes, start + HEADER_BYTES, end);
    else if (bytes[start] === 0 && bytes[start + 1] === 0) this.#pushByteStream(bytes, start, end);
    else if (type < AGGREGATION_PACKET) this.#pushNal(bytes, start, end);
    else if (type === PACI) this.#pushPaci(bytes, start, end);
    else this.payloadsMalformed++;
  }

  #pushNal(bytes: Buffer, start: number, end: number): void {
    this.#assembler.beginNal(bytes[start]!, start + HEADER_BYTES < end ? bytes[start + HEADER_BYTES]! : 0);
    this.#assembler.append(bytes, start, end);
    this.#assembler.endNal();
  }

  #pushAggregate(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at + 2 <= end) {
      const size = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
      if (size === 0) continue;
      // Aggregates and fragments must not be nested.
      if (at + size > end || ((bytes[at]! >> 1) & 0x3f) >= AGGREGATION_PACKET) {
        this.#lose();
        return;
      }
      this.#pushNal(bytes, at, at + size);
      at += size;
    }
  }

  /** `first` and `second` are the payload's header, `at` is behind it. */
  #pushFragment(bytes: Buffer, first: number, second: number, at: number, end: number): void {
    if (at >= end) return;
    const fuHeader = bytes[at]!;
    const from = at + 1;
    if ((fuHeader & 0x80) !== 0) {
      const header = (first & 0x81) | ((fuHeader & 0x3f) << 1);
      this.#assembler.beginNal(header, from < end ? bytes[from]! : 0);
      this.#assembler.appendByte(header);
      this.#assembler.appendByte(second);
    } else if (!this.#assembler.isNalOpen) {
      this.#assembler.skipFragment();
      return;
    }
    this.#assembler.append(bytes, from, end);
    if ((fuHeader & 0x40) !== 0) this.#assembler.endNal();
  }

  /**
   * The type of what is inside, and its first bit, stand behind the header; layer and temporal id are the header's own.
   *
   *   payload header │ A, cType (6), PHSsize (5), flags (4) │ extension of PHSsize bytes │ payload without its header
   */
  #pushPaci(bytes: Buffer, start: number, end: number): void {
    const at = start + HEADER_BYTES;
    if (at + PACI_HEADER_BYTES > end) {
      this.#lose();
      return;
    }
    const fields = bytes.readUInt16BE(at);
    const type = (fields >> 9) & 0x3f;
    const first = ((fields >> 8) & 0x80) | (type << 1) | (bytes[start]! & 1);
    const second = bytes[start + 1]!;
    const from = at + PACI_HEADER_BYTES + ((fields >> 4) & 0x1f);
    if (from > end || type >= PACI) this.#lose();
    else if (type === FRAGMENTATION_UNIT) this.#pushFragment(bytes, first, second, from, end);
    else if (type === AGGREGATION_PACKET) this.#pushAggregate(bytes, from, end);
    else this.#pushHeaderless(bytes, first, second, from, end);
  }

  #pushHeaderless(bytes: Buffer, first: number, second: number, from: number, end: number): void {
    this.#assembler.beginNal(first, from < end ? bytes[from]! : 0);
    this.#assembler.appendByte(first);
    this.#assembler.appendByte(second);
    this.#assembler.append(bytes, from, end);
    this.#assembler.endNal();
  }

  #pushByteStream(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && bytes[at] === 0) at++;
    if (at - start < START_CODE.length - 1 || at + 1 >= end || bytes[at] !== 1) {
      this.payloadsMalformed++;
      return;
    }
    this.#pushNal(bytes, at + 1, end);
  }

  #lose(): void {
    this.payloadsMalformed++;
    this.#assembler.loseUnit('malformed');
  }
}
