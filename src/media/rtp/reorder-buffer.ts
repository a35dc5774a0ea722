import { isBehind } from './sequence.ts';

/** Takes packets in the order of their sequence numbers; those that never come are left out. */
export type OrderedPackets = (bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number) => void;

/**
 * How long a missing packet is waited for. Wireless bridges and busy switches delay single datagrams by tens of milliseconds; nobody
 * watches a recording so closely that a fifth of a second matters, and what is given up costs pictures up to the next key frame.
 */
export const MAX_WAIT_MS = 200;
/** What a stream of 25 Mbps sends in that time, in packets of 1,400 bytes. A power of two, as it is the size of the ring. */
export const MAX_HELD_PACKETS = 512;
/** The same in bytes, for cameras with datagrams of 10,000 bytes (Tapo): 64 channels that all lose packets hold 64 MiB. */
export const MAX_HELD_BYTES = 1024 * 1024;

interface HeldPacket {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly arrivalMs: number;
}

/**
 * Puts the datagrams of one sender into order. A packet that is next in order passes beside it (`isNext`), with no copy and no
 * allocation; one that has overtaken others is held, by reference, until these have come or a bound is hit.
 *
 *   due ─▶ │ missing │ held │ missing │ held │ held │        … up to MAX_HELD_PACKETS ahead
 */
export class ReorderBuffer {
  readonly #deliver: OrderedPackets;
  /** By the lower bits of the sequence number. Made when the first packet is out of order: on a good network that is never. */
  #ring: (HeldPacket | undefined)[] = [];
  #due = -1;
  #heldPackets = 0;
  #heldBytes = 0;
  /** Newest arrival among the delivered packets; those that pass beside the buffer came before what it holds. */
  #deliveredMs = 0;
  /** Arrival of the packet that has been held longest. */
  #waitingSinceMs = 0;
  /**
   * A packet far outside of the window: the sender has restarted its count, or more is missing than the ring holds, or it is a stray one.
   * It is believed when its successor comes next.
   */
  #jumped: HeldPacket | undefined;

  /** Gaps that were not waited for any longer, and why. */
  givenUp = { packets: 0, bytes: 0, time: 0 };

  constructor(deliver: OrderedPackets) {
    this.#deliver = deliver;
  }

  /** Whether the caller may use the packet as it is. It counts as used then. */
  isNext(sequence: number): boolean {
    if (this.#heldPackets > 0 || sequence !== this.#due) return false;
    this.#due = (sequence + 1) & 0xffff;
    return true;
  }

  /** Takes a packet that is not next in order. `bytes` may be kept: it must be the packet's own memory. */
  push(sequence: number, bytes: Buffer, start: number, end: number, arrivalMs: number): void {
    const ahead = this.#due === -1 ? 0 : (sequence - this.#due) & 0xffff;
    if (ahead === 0) {
      this.#due = (sequence + 1) & 0xffff;
      this.#deliveredMs = arrivalMs;
      this.#deliver(bytes, start, end, arrivalMs);
      this.#deliverRun();
    } else if (isBehind(ahead)) {
      // Too late to be used, and still to be counted.
      this.#deliver(bytes, start, end, arrivalMs);
    } else if (ahead < MAX_HELD_PACKETS) {
      this.#hold({ sequence, bytes, start, end, arrivalMs });
    } else {
      this.#takeJump({ sequence, bytes, start, end, arrivalMs });
    }
    this.expire(arrivalMs);
  }

  /** When `expire` is to be called, if nothing comes before. */
  get deadlineMs(): number | undefined {
    return this.#heldPackets === 0 ? undefined : this.#waitingSinceMs + MAX_WAIT_MS;
  }

  /** Gives up what has been waited for too long. */
  expire(nowMs: number): void {
    while (this.#heldPackets > 0 && nowMs - this.#waitingSinceMs >= MAX_WAIT_MS) {
      this.givenUp.time++;
      this.#giveUpGap();
    }
  }

  /** Delivers what is held, without waiting for what is missing; the next packet may have any number. */
  reset(): void {
    while (this.#heldPackets > 0) this.#giveUpGap();
    this.#jumped = undefined;
    this.#due = -1;
  }

  #hold(packet: HeldPacket): void {
    const at = packet.sequence & (MAX_HELD_PACKETS - 1);
    // Within the window two numbers never share a place: it is the same packet again.
    if (this.#ring[at] !== undefined) return;
    if (this.#ring.length === 0) this.#ring = new Array<undefined>(MAX_HELD_PACKETS).fill(undefined);
    this.#ring[at] = packet;
    if (this.#heldPackets++ === 0) this.#waitingSinceMs = packet.arrivalMs;
    this.#heldBytes += packet.end - packet.start;
    while (this.#heldBytes > MAX_HELD_BYTES) {
      this.givenUp.bytes++;
      this.#giveUpGap();
    }
  }

  #takeJump(packet: HeldPacket): void {
    const before = this.#jumped;
    this.#jumped = packet;
    if (before === undefined || packet.sequence !== ((before.sequence + 1) & 0xffff)) return;
    if (this.#heldPackets > 0) this.givenUp.packets++;
    this.reset();
    for (const { sequence, bytes, start, end, arrivalMs } of [before, packet]) {
      this.push(sequence, bytes, start, end, arrivalMs);
    }
  }

  /** Goes on with the first packet that is held. */
  #giveUpGap(): void {
    while (this.#ring[this.#due & (MAX_HELD_PACKETS - 1)] === undefined) this.#due = (this.#due + 1) & 0xffff;
    this.#deliverRun();
  }

  /** Delivers what is held from `#due` on without a gap. Arrival times never go back, whichever packet overtook which. */
  #deliverRun(): void {
    while (this.#heldPackets > 0) {
      const at = this.#due & (MAX_HELD_PACKETS - 1);
      const packet = this.#ring[at];
      if (packet === undefined) break;
      this.#ring[at] = undefined;
      this.#heldPackets--;
      this.#heldBytes -= packet.end - packet.start;
      this.#due = (this.#due + 1) & 0xffff;
      this.#deliveredMs = Math.max(this.#deliveredMs, packet.arrivalMs);
      this.#deliver(packet.bytes, packet.start, packet.end, this.#deliveredMs);
    }
    this.#waitingSinceMs = this.#firstArrivalMs();
  }

  #firstArrivalMs(): number {
    let firstMs = Number.POSITIVE_INFINITY;
    if (this.#heldPackets === 0) return firstMs;
    for (const packet of this.#ring) if (packet !== undefined) firstMs = Math.min(firstMs, packet.arrivalMs);
    return firstMs;
  }
}
