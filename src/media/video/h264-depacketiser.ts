import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { START_CODE } from './annex-b.ts';
import { H264_RULES } from './h264-parameters.ts';
import type { ParameterSets } from './parameter-sets.ts';
import { VideoAssembler } from './video-assembler.ts';
import type { VideoSink } from './video-sink.ts';

/** Types of payload that hold several NAL units, or a piece of one (RFC 6184 §5.2). Those with a B or more bits are of interleaved mode. */
const STAP_A = 24;
const STAP_B = 25;
const MTAP16 = 26;
const MTAP24 = 27;
const FU_A = 28;
const FU_B = 29;

const DON_BYTES = 2;
/** A decoding order number that lies so far ahead is behind: they wrap (RFC 6184 §5.5). */
const DON_HALF = 0x8000;

/**
 * RTP payload of H.264, RFC 6184, in the modes that do not reorder: single NAL unit (0) and non-interleaved (1). Forms of the interleaved
 * mode are taken as long as they interleave nothing, which is what cameras do that use them; what comes out of order is dropped.
 *
 * Tolerates what cameras do: FU with start and end at once, the type changing between fragments (the first counts), empty fragments,
 * zero padding behind the last unit of an aggregate, start codes in front of or inside a unit.
 */
export class H264Depacketiser implements Depacketiser {
  readonly #assembler: VideoAssembler;
  readonly #sink: VideoSink;
  #lastDon: number | undefined;

  /** Payloads of a form that these modes do not have. */
  payloadsMalformed = 0;

  constructor(sink: VideoSink, sets?: ParameterSets) {
    this.#sink = sink;
    this.#assembler = new VideoAssembler(H264_RULES, sink, sets);
  }

  get framesIncomplete(): number {
    return this.#assembler.framesIncomplete;
  }

  get framesMalformed(): number {
    return this.#assembler.framesMalformed;
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    this.#assembler.beginPacket(rtpTime, isAfterGap);
    const { payloadStart: start, payloadEnd: end } = packet;
    if (start < end) this.#pushPayload(bytes, start, end, rtpTime);
    this.#assembler.endPacket(packet.hasMarker, arrivalMonotonicMs);
  }

  flush(): void {
    this.#assembler.flush();
  }

  #pushPayload(bytes: Buffer, start: number, end: number, rtpTime: number): void {
    const type = bytes[start]! & 0x1f;
    if (type === FU_A) this.#pushFragment(bytes, start, start + 2, end);
    else if (type > 0 && type < STAP_A) this.#pushNal(bytes, start, end);
    else if (type === STAP_A) this.#pushAggregate(bytes, start + 1, end);
    else this.#pushRareForm(type, bytes, start, end, rtpTime);
  }

  #pushRareForm(type: number, bytes: Buffer, start: number, end: number, rtpTime: number): void {
    switch (type) {
      case STAP_B:
        if (start + 1 + DON_BYTES > end) this.#lose();
        else if (this.#isInOrder(bytes.readUInt16BE(start + 1))) this.#pushAggregate(bytes, start + 1 + DON_BYTES, end);
        break;
      case MTAP16:
      case MTAP24:
        this.#pushTimedAggregate(bytes, start + 1, end, rtpTime, type === MTAP16 ? 2 : 3);
        break;
      case FU_B:
        // Only a unit's first fragment is one; the number is behind the two header bytes.
        if (start + 2 + DON_BYTES > end) this.#lose();
        else if (this.#isInOrder(bytes.readUInt16BE(start + 2)))
          this.#pushFragment(bytes, start, start + 2 + DON_BYTES, end);
        break;
      default:
        this.#pushByteStream(bytes, start, end);
    }
  }

  #pushNal(bytes: Buffer, start: number, end: number): void {
    this.#assembler.beginNal(bytes[start]!, start + 1 < end ? bytes[start + 1]! : 0);
    this.#assembler.append(bytes, start, end);
    this.#assembler.endNal();
  }

  #pushAggregate(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at + 2 <= end) {
      const size = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
      if (size === 0) continue;
      if (at + size > end) {
        this.#lose();
        return;
      }
      this.#pushPart(bytes, at, at + size);
      at += size;
    }
  }

  /** Each unit with its place in decoding order and a time of its own, after RFC 6184 §5.7.2. */
  #pushTimedAggregate(bytes: Buffer, start: number, end: number, rtpTime: number, offsetBytes: number): void {
    let at = start + DON_BYTES;
    const headBytes = 2 + 1 + offsetBytes;
    while (at + headBytes <= end) {
      const size = bytes.readUInt16BE(at);
      const don = bytes.readUInt16BE(start) + bytes[at + 2]!;
      const offset = bytes.readUIntBE(at + 3, offsetBytes);
      at += headBytes;
      if (size === 0) continue;
      if (at + size > end) {
        this.#lose();
        return;
      }
      if (!this.#isInOrder(don & 0xffff)) return;
      this.#assembler.beginPacket(rtpTime + offset, false);
      this.#pushPart(bytes, at, at + size);
      at += size;
    }
  }

  /** A unit in an aggregate; aggregates and fragments must not be nested. */
  #pushPart(bytes: Buffer, start: number, end: number): void {
    if ((bytes[start]! & 0x1f) < STAP_A) this.#pushNal(bytes, start, end);
    else this.#lose();
  }

  /** `dataStart` is behind the bytes that describe the fragment. */
  #pushFragment(bytes: Buffer, start: number, dataStart: number, end: number): void {
    if (dataStart > end) return;
    const fuHeader = bytes[start + 1]!;
    if ((fuHeader & 0x80) !== 0) {
      const header = (bytes[start]! & 0xe0) | (fuHeader & 0x1f);
      this.#assembler.beginNal(header, dataStart < end ? bytes[dataStart]! : 0);
      this.#assembler.appendByte(header);
    } else if (!this.#assembler.isNalOpen) {
      this.#assembler.skipFragment();
      return;
    }
    this.#assembler.append(bytes, dataStart, end);
    if ((fuHeader & 0x40) !== 0) this.#assembler.endNal();
  }

  /** A byte stream sent as it is: its first byte, a zero of the start code, stands where the type should be. */
  #pushByteStream(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && bytes[at] === 0) at++;
    if (at - start < START_CODE.length - 1 || at + 1 >= end || bytes[at] !== 1) {
      this.payloadsMalformed++;
      return;
    }
    this.#pushNal(bytes, at + 1, end);
  }

  /** Whether decoding goes on with this number. What really is interleaved cannot be put in order without waiting for all of it. */
  #isInOrder(don: number): boolean {
    const last = this.#lastDon;
    this.#lastDon = don;
    if (last === undefined || ((don - last) & 0xffff) < DON_HALF) return true;
    this.#sink.onVideoRemark?.('interleaved');
    this.#lose();
    return false;
  }

  #lose(): void {
    this.payloadsMalformed++;
    this.#assembler.loseUnit('malformed');
  }
}
