import type { AacFormats } from './aac-formats.ts';
import { ADTS_FIRST_BYTE, ADTS_HEADER_BYTES, AdtsHeader, readAdtsHeader } from './adts.ts';
import type { AudioOutlet } from './audio-outlet.ts';

/**
 * ADTS frames one after the other, as some cameras send them in RTP without any headers of a payload format. A packet may hold several,
 * and a frame may go on in the next packet.
 */
export class AdtsStream {
  readonly #outlet: AudioOutlet;
  readonly #formats: AacFormats;
  readonly #header = new AdtsHeader();
  /** Of the frame that gathers; 0 while its header does. */
  #frameBytes = 0;
  #time = 0;
  #packetTime: number | undefined;

  framesDropped = 0;

  constructor(outlet: AudioOutlet, formats: AacFormats) {
    this.#outlet = outlet;
    this.#formats = formats;
  }

  push(bytes: Buffer, start: number, end: number, rtpTime: number, arrivalMonotonicMs: number): void {
    const { arena } = this.#outlet;
    // Packets of the same time go on where the one before ended.
    if (arena.length === 0 && rtpTime !== this.#packetTime) this.#time = rtpTime;
    this.#packetTime = rtpTime;
    for (let at = start; at < end; ) {
      if (arena.length === 0 && bytes[at] !== ADTS_FIRST_BYTE) {
        this.#passOver();
        return;
      }
      const wanted = this.#frameBytes || ADTS_HEADER_BYTES;
      const taken = Math.min(wanted - arena.length, end - at);
      arena.append(bytes, at, at + taken);
      at += taken;
      if (arena.length < wanted) return;
      if (this.#frameBytes > 0) this.#finish(arrivalMonotonicMs);
      else if (!this.#beginFrame()) return;
    }
  }

  /** What gathers has lost a part. */
  drop(): void {
    if (this.#outlet.arena.length > 0) this.framesDropped++;
    this.#forget();
  }

  /** False where no frame begins. */
  #beginFrame(): boolean {
    const header = this.#header;
    const start = this.#outlet.arena.peek(0);
    if (readAdtsHeader(start, 0, start.length, header) && header.frameBytes >= header.headerBytes) {
      this.#frameBytes = header.frameBytes;
      return true;
    }
    this.#passOver();
    return false;
  }

  /** The rest of the packet belongs to a frame that was lost, or to nothing. */
  #passOver(): void {
    // A frame that was lost in part has been counted with the loss.
    if (!this.#outlet.isAfterLoss) this.framesDropped++;
    this.#forget();
  }

  #finish(arrivalMonotonicMs: number): void {
    if (this.#formats.noteAdts(this.#header)) {
      this.#outlet.finish(Math.round(this.#time), arrivalMonotonicMs, this.#header.headerBytes);
    } else {
      this.framesDropped++;
      this.#outlet.drop();
    }
    this.#time += this.#formats.ticksPerFrame;
    this.#frameBytes = 0;
  }

  #forget(): void {
    this.#frameBytes = 0;
    this.#outlet.drop();
  }
}
