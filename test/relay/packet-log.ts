import { parseRtp } from '../sim/depacketise.ts';
import { parseFrameNumberSei } from '../sim/frame-number-sei.ts';

interface Sender {
  firstDelivered: number | undefined;
  lastDelivered: number;
  /** Unwrapped sequence numbers of what was dropped. */
  readonly dropped: number[];
  highest: number;
}

/** Packets are counted from here on, so that one that came before the first is not below 0. */
const BASE = 0x10000;

/**
 * What a relay did to the RTP of one track, by what it read in the packets themselves: which were dropped, and which frames of the
 * simulator they belonged to. H.264 only: a frame's number is in an SEI message of its own packet.
 */
export class PacketLog {
  readonly #senders = new Map<number, Sender>();
  /** By RTP timestamp. */
  readonly #frames = new Map<number, number>();
  readonly #hitTimestamps = new Set<number>();
  readonly #brokenTimestamps = new Set<number>();
  packets = 0;

  /** Called for each packet as it comes from the camera, in that order. */
  note(packet: Buffer, isDropped: boolean): void {
    const { ssrc, sequence, timestamp, payload } = parseRtp(packet);
    this.packets++;
    const number = parseFrameNumberSei(payload, 'h264');
    if (number) this.#frames.set(timestamp, number.frame);
    const sender = this.#senderOf(ssrc, sequence);
    const unwrapped = sender.highest + (((sequence - sender.highest) << 16) >> 16);
    sender.highest = Math.max(sender.highest, unwrapped);
    if (isDropped) {
      sender.dropped.push(unwrapped);
      this.#hitTimestamps.add(timestamp);
      if (isPicture(payload)) this.#brokenTimestamps.add(timestamp);
    } else {
      sender.firstDelivered ??= unwrapped;
      sender.lastDelivered = Math.max(sender.lastDelivered, unwrapped);
    }
  }

  /** Packets that a receiver misses: those between the first and the last that it got, of each sender. */
  get dropped(): number {
    let count = 0;
    for (const { dropped, firstDelivered, lastDelivered } of this.#senders.values()) {
      if (firstDelivered === undefined) continue;
      count += dropped.filter((sequence) => sequence > firstDelivered && sequence < lastDelivered).length;
    }
    return count;
  }

  /** Frames of which packets were dropped, of any kind: their number may be what is missing. */
  get framesHit(): Set<number> {
    return this.#framesAt(this.#hitTimestamps);
  }

  /** Frames of which picture data was dropped, so that they cannot be decoded. Parameter sets come again, and are the same. */
  get framesBroken(): Set<number> {
    return this.#framesAt(this.#brokenTimestamps);
  }

  #framesAt(timestamps: ReadonlySet<number>): Set<number> {
    return new Set(
      [...timestamps].map((timestamp) => {
        const frame = this.#frames.get(timestamp);
        if (frame === undefined)
          throw new Error(`a packet of time ${timestamp} was dropped, whose frame has no number`);
        return frame;
      }),
    );
  }

  #senderOf(ssrc: number, sequence: number): Sender {
    const known = this.#senders.get(ssrc);
    if (known) return known;
    const sender: Sender = { firstDelivered: undefined, lastDelivered: 0, dropped: [], highest: BASE + sequence };
    this.#senders.set(ssrc, sender);
    return sender;
  }
}

const FU_A = 28;

/** A slice of H.264, or a part of one (RFC 6184, 5.2). */
function isPicture(payload: Buffer): boolean {
  const type = payload[0]! & 31;
  const nalType = type === FU_A ? payload[1]! & 31 : type;
  return nalType >= 1 && nalType <= 5;
}
