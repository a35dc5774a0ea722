import { START_CODE } from './annex-b.ts';
import { H265_RULES } from './h265-parameters.ts';
import type { ParameterSets } from './parameter-sets.ts';
import type { RtpPacket } from './rtp.ts';
import type { Depacketiser } from './rtp-receiver.ts';
import { VideoAssembler, type VideoSink } from './video-assembler.ts';

const AGGREGATION_PACKET = 48;
const FRAGMENTATION_UNIT = 49;
const HEADER_BYTES = 2;

/**
 * RTP payload of H.265, RFC 7798, without decoding order numbers (`sprop-max-don-diff=0`). Tolerates the same as its H.264 sibling.
 * A unit of type 0 with a zero first byte is valid (TRAIL_N), so a start code is looked for only where the layer and
 * temporal id of the header are impossible: 00 00 has temporal id plus one = 0.
 */
export class H265Depacketiser implements Depacketiser {
  readonly #assembler: VideoAssembler;

  /** Payloads of a form that this mode does not have. */
  payloadsMalformed = 0;

  constructor(sink: VideoSink, sets?: ParameterSets) {
    this.#assembler = new VideoAssembler(H265_RULES, sink, sets);
  }

  get framesIncomplete(): number {
    return this.#assembler.framesIncomplete;
  }

  get framesMalformed(): number {
    return this.#assembler.framesMalformed;
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    this.#assembler.beginPacket(rtpTime, isAfterGap);
    this.#pushPayload(bytes, packet.payloadStart, packet.payloadEnd);
    this.#assembler.endPacket(packet.hasMarker, arrivalMonotonicMs);
  }

  #pushPayload(bytes: Buffer, start: number, end: number): void {
    if (end - start <= HEADER_BYTES) return;
    const type = (bytes[start]! >> 1) & 0x3f;
    if (type === FRAGMENTATION_UNIT) this.#pushFragment(bytes, start, end);
    else if (type === AGGREGATION_PACKET) this.#pushAggregate(bytes, start + HEADER_BYTES, end);
    else if (bytes[start] === 0 && bytes[start + 1] === 0) this.#pushByteStream(bytes, start, end);
    else if (type < AGGREGATION_PACKET) this.#pushNal(bytes, start, end);
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
    const fuHeader = bytes[start + HEADER_BYTES]!;
    const from = start + HEADER_BYTES + 1;
    if ((fuHeader & 0x80) !== 0) {
      const header = (bytes[start]! & 0x81) | ((fuHeader & 0x3f) << 1);
      this.#assembler.beginNal(header, from < end ? bytes[from]! : 0);
      this.#assembler.appendByte(header);
      this.#assembler.appendByte(bytes[start + 1]!);
    } else if (!this.#assembler.isNalOpen) {
      this.#assembler.skipFragment();
      return;
    }
    this.#assembler.append(bytes, from, end);
    if ((fuHeader & 0x40) !== 0) this.#assembler.endNal();
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
}
