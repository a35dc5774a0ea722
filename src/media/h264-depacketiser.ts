import { START_CODE } from './annex-b.ts';
import { H264_RULES } from './h264-parameters.ts';
import type { ParameterSets } from './parameter-sets.ts';
import type { RtpPacket } from './rtp.ts';
import type { Depacketiser } from './rtp-receiver.ts';
import { VideoAssembler, type VideoSink } from './video-assembler.ts';

const STAP_A = 24;
const STAP_B = 25;
const FU_A = 28;

/**
 * RTP payload of H.264, RFC 6184, in the modes that do not reorder: single NAL unit (0) and non-interleaved (1).
 * Tolerates what cameras do: FU with start and end at once, the type changing between fragments (the first counts), empty fragments,
 * zero padding behind the last unit of an aggregate, start codes in front of or inside a unit.
 */
export class H264Depacketiser implements Depacketiser {
  readonly #assembler: VideoAssembler;

  /** Payloads of a form that this mode does not have. */
  payloadsMalformed = 0;

  constructor(sink: VideoSink, sets?: ParameterSets) {
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
    if (packet.payloadStart < packet.payloadEnd) this.#pushPayload(bytes, packet.payloadStart, packet.payloadEnd);
    this.#assembler.endPacket(packet.hasMarker, arrivalMonotonicMs);
  }

  #pushPayload(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start]! & 0x1f;
    if (type === FU_A) this.#pushFragment(bytes, start, end);
    else if (type === STAP_A) this.#pushAggregate(bytes, start + 1, end);
    else if (type === STAP_B) this.#pushAggregate(bytes, start + 3, end);
    else if (type > 0 && type < STAP_A) this.#pushNal(bytes, start, end);
    else this.#pushByteStream(bytes, start, end);
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
        this.payloadsMalformed++;
        this.#assembler.loseUnit('malformed');
        return;
      }
      this.#pushNal(bytes, at, at + size);
      at += size;
    }
  }

  #pushFragment(bytes: Buffer, start: number, end: number): void {
    if (start + 2 > end) return;
    const fuHeader = bytes[start + 1]!;
    if ((fuHeader & 0x80) !== 0) {
      const header = (bytes[start]! & 0xe0) | (fuHeader & 0x1f);
      this.#assembler.beginNal(header, start + 2 < end ? bytes[start + 2]! : 0);
      this.#assembler.appendByte(header);
    } else if (!this.#assembler.isNalOpen) {
      this.#assembler.skipFragment();
      return;
    }
    this.#assembler.append(bytes, start + 2, end);
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
}
