import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { AacFormats, type DescribedAac } from './aac-formats.ts';
import { AdtsHeader, MAX_ADTS_FRAME_BYTES, readAdtsHeader } from './adts.ts';
import { AdtsStream } from './adts-stream.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type { AudioSink } from './audio-sink.ts';

/** Lengths in bits of the fields of an AU header (RFC 3640 §3.2.1); the SDP says them. */
export interface AacPayloadOptions extends DescribedAac {
  /** 0: there are no headers, and a packet holds one frame or a part of one. */
  readonly sizeLength: number;
  readonly indexLength: number;
  readonly indexDeltaLength: number;
}

/**
 * RTP payload of AAC, RFC 3640 in the modes AAC-hbr and AAC-lbr: a section of AU headers, then the frames. A frame larger than a
 * packet comes in fragments, each behind the header of the whole.
 *
 *   length of headers 16 │ AU header: size, index │ AU header │ … │ frame │ frame │ …
 *
 * Cameras put ADTS frames where raw ones belong, several of them for one header, or leave the headers out and send ADTS alone.
 */
export class AacDepacketiser implements Depacketiser {
  readonly #options: AacPayloadOptions;
  readonly #outlet: AudioOutlet;
  readonly #formats: AacFormats;
  readonly #adtsStream: AdtsStream;
  readonly #adts = new AdtsHeader();
  /** ADTS without AU headers, for as long as the session lasts. */
  #isBareAdts = false;
  /** Of the frame that comes in fragments; 0 when there is none. */
  #fragmentedBytes = 0;
  #fragmentedTime = 0;
  #framesDropped = 0;

  constructor(options: AacPayloadOptions, sink: AudioSink) {
    this.#options = options;
    this.#outlet = new AudioOutlet(sink, MAX_ADTS_FRAME_BYTES);
    this.#formats = new AacFormats(options, this.#outlet);
    this.#adtsStream = new AdtsStream(this.#outlet, this.#formats);
  }

  /** Payloads that contradict themselves, and frames whose fragments are missing. */
  get framesDropped(): number {
    return this.#framesDropped + this.#adtsStream.framesDropped;
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) this.#noteLoss();
    const { payloadStart: start, payloadEnd: end } = packet;
    // No section of headers is as long as the first bytes of ADTS would say.
    if (!this.#isBareAdts && this.#outlet.arena.length === 0) {
      this.#isBareAdts = readAdtsHeader(bytes, start, end, this.#adts);
    }
    if (this.#isBareAdts) this.#adtsStream.push(bytes, start, end, rtpTime, arrivalMonotonicMs);
    else if (this.#options.sizeLength === 0) this.#pushPart(bytes, packet, rtpTime, arrivalMonotonicMs);
    else this.#pushUnits(bytes, packet, rtpTime, arrivalMonotonicMs);
  }

  #noteLoss(): void {
    this.#outlet.noteLoss();
    if (this.#isBareAdts) this.#adtsStream.drop();
    else this.#dropFragments();
  }

  #pushUnits(bytes: Buffer, packet: RtpPacket, rtpTime: number, arrivalMonotonicMs: number): void {
    const { payloadStart: start, payloadEnd: end } = packet;
    if (end - start < 2) return;
    const { sizeLength, indexLength, indexDeltaLength } = this.#options;
    const headerBits = (bytes[start]! << 8) | bytes[start + 1]!;
    const headerEnd = (start + 2) * 8 + headerBits;
    let bit = (start + 2) * 8;
    let at = start + 2 + ((headerBits + 7) >> 3);
    let time = rtpTime;
    for (let index = 0; at < end; index++) {
      if (bit + sizeLength > headerEnd) return; // what has no header is padding
      const size = readBits(bytes, bit, sizeLength);
      bit += sizeLength + (index === 0 ? indexLength : indexDeltaLength);
      const isLast = bit + sizeLength > headerEnd;
      // Without the marker what is there may be the first part of several.
      const mayBeWhole = isLast && (packet.hasMarker || at + size <= end);
      const unitEnd = mayBeWhole && this.#isOneAdtsFrame(bytes, at, end) ? end : at + size;
      if (unitEnd > end && (index > 0 || size > MAX_ADTS_FRAME_BYTES)) {
        this.#framesDropped++;
        return;
      }
      if (unitEnd > end || this.#fragmentedBytes > 0) {
        this.#pushFragment(bytes, at, end, size, rtpTime, arrivalMonotonicMs);
        return;
      }
      time = this.#pushUnit(bytes, at, unitEnd, time, arrivalMonotonicMs);
      at = unitEnd;
    }
  }

  /** ADTS knows its length better than a header that was written without thinking of it. */
  #isOneAdtsFrame(bytes: Buffer, at: number, end: number): boolean {
    if (this.#fragmentedBytes > 0 || !readAdtsHeader(bytes, at, end, this.#adts)) return false;
    return at + this.#adts.frameBytes === end;
  }

  /** A raw frame, or ADTS frames one after the other. Returns the time at which it ends. */
  #pushUnit(bytes: Buffer, start: number, end: number, startTime: number, arrivalMonotonicMs: number): number {
    const adts = this.#adts;
    const { arena } = this.#outlet;
    let time = startTime;
    let at = start;
    while (at < end && readAdtsHeader(bytes, at, end, adts)) {
      const isPlausible = adts.frameBytes >= adts.headerBytes;
      const frameEnd = isPlausible ? Math.min(end, at + adts.frameBytes) : end;
      const dataStart = Math.min(frameEnd, at + adts.headerBytes);
      if (this.#formats.noteAdts(adts)) {
        arena.append(bytes, dataStart, frameEnd);
        this.#outlet.finish(Math.round(time), arrivalMonotonicMs);
      } else {
        this.#framesDropped++;
      }
      time += this.#formats.ticksPerFrame;
      at = frameEnd;
    }
    if (at > start || at === end) return time; // what stands behind ADTS is padding
    arena.append(bytes, start, end);
    this.#finish(Math.round(time), arrivalMonotonicMs);
    return time + this.#formats.ticksPerFrame;
  }

  #pushFragment(bytes: Buffer, at: number, end: number, size: number, time: number, arrivalMonotonicMs: number): void {
    if (this.#fragmentedBytes !== size || this.#fragmentedTime !== time) this.#dropFragments();
    this.#fragmentedBytes = size;
    this.#fragmentedTime = time;
    const { arena } = this.#outlet;
    arena.append(bytes, at, Math.min(end, at + size - arena.length));
    if (arena.length < size) return;
    this.#fragmentedBytes = 0;
    this.#finishPart(time, arrivalMonotonicMs);
  }

  /** Without AU headers: the marker ends a frame (RFC 3640 §3.1), and so does another time. */
  #pushPart(bytes: Buffer, packet: RtpPacket, rtpTime: number, arrivalMonotonicMs: number): void {
    const { arena } = this.#outlet;
    if (arena.length > 0 && rtpTime !== this.#fragmentedTime) {
      this.#finishPart(this.#fragmentedTime, arrivalMonotonicMs);
    }
    this.#fragmentedTime = rtpTime;
    if (!arena.append(bytes, packet.payloadStart, packet.payloadEnd)) {
      this.#framesDropped++;
      this.#outlet.drop();
    } else if (packet.hasMarker) {
      this.#finishPart(rtpTime, arrivalMonotonicMs);
    }
  }

  #finishPart(time: number, arrivalMonotonicMs: number): void {
    const gathered = this.#outlet.arena.peek(0);
    if (!readAdtsHeader(gathered, 0, gathered.length, this.#adts)) {
      this.#finish(time, arrivalMonotonicMs);
      return;
    }
    // ADTS in fragments is rare enough for a copy, out of which the frames are taken one by one.
    const copy = Buffer.from(gathered);
    this.#outlet.drop();
    this.#pushUnit(copy, 0, copy.length, time, arrivalMonotonicMs);
  }

  /** A raw frame, which nobody can decode without a configuration. */
  #finish(time: number, arrivalMonotonicMs: number): void {
    if (!this.#outlet.finish(time, arrivalMonotonicMs)) this.#framesDropped++;
  }

  #dropFragments(): void {
    if (this.#outlet.arena.length > 0) this.#framesDropped++;
    this.#fragmentedBytes = 0;
    this.#outlet.drop();
  }
}

/** Up to 16 bits at a bit offset; the caller has checked that they are there, or reads zeros. */
function readBits(bytes: Buffer, bit: number, count: number): number {
  let value = 0;
  for (let i = bit; i < bit + count; i++) value = (value << 1) | (((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1);
  return value;
}
