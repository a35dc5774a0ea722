import { JitterMeter } from './jitter.ts';
import type { ReceptionState } from './receiver-report.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { RtpPacket, readRtpPacket, TimestampUnwrapper } from './rtp.ts';
import { SequenceTracker } from './sequence.ts';

/** What turns the packets of one stream into access units. */
export interface Depacketiser {
  /**
   * `packet` and `bytes` are used again after the call. `rtpTime` is the packet's unwrapped timestamp; `isAfterGap` says that
   * packets are missing directly before this one.
   */
  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void;
  /** No more packets come: what is whole and waits only for what follows is delivered. */
  flush?(): void;
}

/**
 * Some cameras send packets of another viewer's session into our connection (live555 before 2017, Reolink RLC-410). Ours is
 * the sender that was first, or that SETUP named; a foreign one takes over only after this many packets in a row without
 * one of ours, which means that the camera restarted its encoder under a new SSRC.
 */
const TAKEOVER_PACKETS = 64;

export interface RtpReceiverOptions {
  /** As SETUP named it. */
  readonly ssrc?: number | undefined;
  /** Senders that were heard before there was a session: one of them becomes ours only when nobody else comes. */
  readonly suspects?: ReadonlySet<number> | undefined;
  /** Packets come as datagrams: they overtake one another and arrive unevenly; each is memory of its own, which may be kept. */
  readonly datagrams?: { readonly clockRate: number } | undefined;
}

/** Receives the RTP packets of one stream: sorts out what is foreign, follows sequence numbers and timestamps. */
export class RtpReceiver {
  readonly #payloadType: number;
  readonly #depacketiser: Depacketiser;
  readonly #packet = new RtpPacket();
  readonly #heldPacket = new RtpPacket();
  readonly #reorder: ReorderBuffer | undefined;
  readonly #jitter: JitterMeter | undefined;
  readonly #timestamps = new TimestampUnwrapper();
  readonly #suspects: ReadonlySet<number> | undefined;
  readonly #announced: number | undefined;
  #ssrc: number | undefined;
  #foreignInARow = 0;
  #isAfterGap = false;

  readonly sequence = new SequenceTracker();
  packetsReceived = 0;
  /** Of what they carry, without headers. */
  payloadBytes = 0;
  /** Not RTP, of an unknown payload type, or of a foreign sender. */
  packetsIgnored = 0;

  constructor(payloadType: number, depacketiser: Depacketiser, options: RtpReceiverOptions = {}) {
    this.#payloadType = payloadType;
    this.#depacketiser = depacketiser;
    this.#announced = options.ssrc;
    this.#ssrc = options.ssrc;
    this.#suspects = options.suspects;
    if (options.datagrams === undefined) return;
    this.#jitter = new JitterMeter(options.datagrams.clockRate);
    this.#reorder = new ReorderBuffer((bytes, start, end, arrivalMs) => this.#takeHeld(bytes, start, end, arrivalMs));
  }

  /** Whose packets we take; undefined before the first one. */
  get sender(): number | undefined {
    return this.packetsReceived > 0 ? this.#ssrc : undefined;
  }

  /** A timestamp of our sender on the scale of `rtpTime`; undefined before its first packet. */
  unwrap(timestamp: number): number | undefined {
    return this.#timestamps.peek(timestamp);
  }

  /** For a receiver report; undefined before the first packet. */
  get reception(): ReceptionState | undefined {
    const { sent, lost, highest } = this.sequence;
    if (this.sender === undefined) return undefined;
    return { ssrc: this.sender, sent, lost, highestSequence: highest, jitter: this.#jitter?.ticks ?? 0 };
  }

  receive(bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number): void {
    const packet = this.#packet;
    if (
      !readRtpPacket(bytes, start, end, packet) ||
      packet.payloadType !== this.#payloadType ||
      !this.#isOurs(packet.ssrc)
    ) {
      this.packetsIgnored++;
      return;
    }
    this.packetsReceived++;
    this.payloadBytes += packet.payloadEnd - packet.payloadStart;
    this.#jitter?.push(packet.timestamp, arrivalMonotonicMs);
    const reorder = this.#reorder;
    if (reorder !== undefined && !reorder.isNext(packet.sequence)) {
      reorder.push(packet.sequence, bytes, start, end, arrivalMonotonicMs);
    } else {
      this.#take(bytes, packet, arrivalMonotonicMs);
    }
  }

  /** When `expire` is to be called, if no packet comes before. */
  get deadlineMs(): number | undefined {
    return this.#reorder?.deadlineMs;
  }

  /** Goes on without packets that have been waited for too long. */
  expire(nowMonotonicMs: number): void {
    this.#reorder?.expire(nowMonotonicMs);
  }

  /** Hands on what still waits for others; to be called when no more packets come. */
  flush(): void {
    this.#reorder?.reset();
    this.#depacketiser.flush?.();
  }

  #takeHeld(bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number): void {
    if (readRtpPacket(bytes, start, end, this.#heldPacket)) this.#take(bytes, this.#heldPacket, arrivalMonotonicMs);
  }

  #take(bytes: Buffer, packet: RtpPacket, arrivalMonotonicMs: number): void {
    const verdict = this.sequence.push(packet.sequence);
    if (verdict === 'late' || verdict === 'unneeded') return;
    const isAfterGap = verdict === 'gap' || this.#isAfterGap;
    this.#isAfterGap = false;
    const rtpTime = this.#timestamps.push(packet.timestamp);
    this.#depacketiser.push(bytes, packet, rtpTime, isAfterGap, arrivalMonotonicMs);
  }

  #isOurs(ssrc: number): boolean {
    if (ssrc === this.#ssrc) {
      this.#foreignInARow = 0;
      return true;
    }
    // An SSRC announced in SETUP that nobody uses must not silence the stream: before our first packet anybody may take over. Where it
    // is used after all, whoever came before it was a stranger.
    const isDoubtful = this.packetsReceived > 0 || this.#suspects?.has(ssrc);
    if (isDoubtful && ssrc !== this.#announced && ++this.#foreignInARow < TAKEOVER_PACKETS) return false;
    this.#foreignInARow = 0;
    if (this.packetsReceived > 0) {
      this.#reorder?.reset();
      this.sequence.reset();
      this.#isAfterGap = true;
    }
    this.#ssrc = ssrc;
    return true;
  }
}
