import { isAppError } from '../../base/errors.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { AacFormats } from './aac-formats.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type { AudioSink } from './audio-sink.ts';
import { type LatmConfig, parseLatmConfig } from './latm-config.ts';

export interface LatmPayloadOptions {
  readonly clockRate: number;
  readonly channels: number;
  /** StreamMuxConfig of the SDP. */
  readonly config: Buffer | undefined;
  /** `cpresent`: the stream repeats its configuration. Undefined where the SDP does not say it. */
  readonly isConfigInBand: boolean | undefined;
}

/** Frames of AAC-LC in stereo stay below 1.5 kB; an element of 16 of them is already one that cameras do not send. */
const MAX_ELEMENT_BYTES = 32 * 1024;

/**
 * RTP payload of AAC in LATM (RFC 6416, RFC 3016): each packet is an audioMuxElement, or a part of one; the marker ends it.
 *
 *   [ 1 │ or 0, StreamMuxConfig ]   only where the stream repeats its configuration: what follows lies across bytes
 *   length 8… │ frame │ length 8… │ frame │ …    a length goes on in the next byte for as long as that is 255
 */
export class LatmDepacketiser implements Depacketiser {
  readonly #outlet: AudioOutlet;
  readonly #formats: AacFormats;
  #isConfigInBand: boolean | undefined;
  #config: LatmConfig | undefined;
  readonly #element = new LatmElement();
  /** Parts of an element that goes on; the memory is used again for the next one. */
  #parts = Buffer.alloc(0);
  #partsBytes = 0;
  #partsTime = 0;
  /** Of the element of which a part was lost; what comes of it still is passed over. */
  #lostTime: number | undefined;

  /** Elements that contradict themselves, lack a part, or are of a kind that RTP does not carry. */
  framesDropped = 0;

  constructor(options: LatmPayloadOptions, sink: AudioSink) {
    const { clockRate, channels, config, isConfigInBand } = options;
    this.#outlet = new AudioOutlet(sink, MAX_ELEMENT_BYTES);
    this.#formats = new AacFormats({ clockRate, channels, config: undefined }, this.#outlet);
    if (config !== undefined) this.#readConfig(config, 0);
    this.#isConfigInBand = this.#config === undefined ? true : isConfigInBand;
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) this.#noteLoss();
    if (rtpTime === this.#lostTime) return;
    if (rtpTime !== this.#partsTime) this.#dropParts();
    this.#partsTime = rtpTime;
    const { payloadStart: start, payloadEnd: end } = packet;
    if (this.#partsBytes === 0) {
      if (this.#pushElements(bytes, start, end, rtpTime, arrivalMonotonicMs)) return;
      if (packet.hasMarker) this.framesDropped++;
      else this.#gather(bytes, start, end);
      return;
    }
    if (!this.#gather(bytes, start, end)) return;
    if (this.#pushElements(this.#parts, 0, this.#partsBytes, rtpTime, arrivalMonotonicMs)) this.#partsBytes = 0;
    else if (packet.hasMarker) this.#dropParts();
  }

  /** False when no whole element begins at `start`. */
  #pushElements(bytes: Buffer, start: number, end: number, rtpTime: number, arrivalMonotonicMs: number): boolean {
    const element = this.#element;
    let time = rtpTime;
    let at = start;
    while (at < end && this.#readElement(bytes, at, end)) {
      for (let i = 0; i < element.frames; i++) {
        this.#append(bytes, element.startBits[i]!, element.frameBytes[i]!);
        this.#outlet.finish(Math.round(time), arrivalMonotonicMs);
        time += this.#formats.ticksPerFrame;
      }
      at = element.end;
    }
    // What stands behind a whole element and is none is padding.
    return at > start || start === end;
  }

  #noteLoss(): void {
    this.#outlet.noteLoss();
    this.#lostTime = this.#partsBytes > 0 ? this.#partsTime : undefined;
    this.#dropParts();
  }

  #readElement(bytes: Buffer, start: number, end: number): boolean {
    if (this.#isConfigInBand === undefined && this.#config !== undefined) {
      // The SDP has a configuration and does not say where else it is: what fits to the byte without another one has none.
      this.#isConfigInBand = !this.#element.read(bytes, start * 8, end, this.#config) || this.#element.end !== end;
    }
    let bit = start * 8;
    if (this.#isConfigInBand) {
      const isSame = bytes[start]! >= 0x80;
      bit += 1;
      if (!isSame && !this.#readConfig(bytes.subarray(start, end), 1)) return false;
      if (!isSame) bit += this.#config?.bits ?? 0;
    }
    if (this.#config === undefined || !this.#element.read(bytes, bit, end, this.#config)) return false;
    // The first packet after a loss may be the rest of an element: nothing but its length tells.
    return !this.#outlet.isAfterLoss || this.#element.end === end;
  }

  #readConfig(bytes: Buffer, startBit: number): boolean {
    try {
      const config = parseLatmConfig(bytes, startBit);
      if (this.#config === undefined || !config.aac.equals(this.#config.aac)) this.#formats.adopt(config.aac);
      this.#config = config;
      return true;
    } catch (error) {
      if (!isAppError(error, 'corrupt')) throw error;
      return false;
    }
  }

  #append(bytes: Buffer, startBit: number, count: number): void {
    const { arena } = this.#outlet;
    const from = startBit >> 3;
    const shift = startBit & 7;
    if (shift === 0) {
      arena.append(bytes, from, from + count);
      return;
    }
    for (let i = from; i < from + count; i++) {
      arena.appendByte(((bytes[i]! << shift) | (bytes[i + 1]! >> (8 - shift))) & 0xff);
    }
  }

  #gather(bytes: Buffer, start: number, end: number): boolean {
    const needed = this.#partsBytes + end - start;
    if (needed > MAX_ELEMENT_BYTES) {
      this.#dropParts();
      return false;
    }
    if (needed > this.#parts.length) {
      const larger = Buffer.alloc(Math.min(MAX_ELEMENT_BYTES, 2 * needed));
      this.#parts.copy(larger, 0, 0, this.#partsBytes);
      this.#parts = larger;
    }
    bytes.copy(this.#parts, this.#partsBytes, start, end);
    this.#partsBytes = needed;
    return true;
  }

  #dropParts(): void {
    if (this.#partsBytes > 0) this.framesDropped++;
    this.#partsBytes = 0;
  }
}

/** Where the frames of an element lie. One object is filled again and again. */
class LatmElement {
  readonly startBits: number[] = [];
  readonly frameBytes: number[] = [];
  frames = 0;
  /** The byte behind it. */
  end = 0;

  /** Reads what follows the configuration; false when it is not all there. */
  read(bytes: Buffer, startBit: number, end: number, config: LatmConfig): boolean {
    const endBit = end * 8;
    let bit = startBit;
    this.frames = 0;
    while (this.frames < config.frames) {
      let count = config.fixedBytes;
      for (let more = count === 0; more; ) {
        if (bit + 8 > endBit) return false;
        const byte = byteAt(bytes, bit);
        bit += 8;
        count += byte;
        more = byte === 255;
      }
      if (bit + count * 8 > endBit) return false;
      this.startBits[this.frames] = bit;
      this.frameBytes[this.frames] = count;
      this.frames++;
      bit += count * 8;
    }
    this.end = (bit + config.otherBits + 7) >> 3;
    return this.end <= end;
  }
}

function byteAt(bytes: Buffer, bit: number): number {
  const shift = bit & 7;
  const first = bytes[bit >> 3]!;
  return shift === 0 ? first : ((first << shift) | (bytes[(bit >> 3) + 1]! >> (8 - shift))) & 0xff;
}
