import { RtpPacket, readRtpPacket, SequenceTracker, TimestampUnwrapper } from './rtp.ts';

/** What turns the packets of one stream into access units. */
export interface Depacketiser {
  /**
   * `packet` and `bytes` are used again after the call. `rtpTime` is the packet's unwrapped timestamp; `isAfterGap` says that
   * packets are missing directly before this one.
   */
  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void;
}

/**
 * Some cameras send packets of another viewer's session into our connection (live555 before 2017, Reolink RLC-410). Ours is
 * the sender that was first, or that SETUP named; a foreign one takes over only after this many packets in a row without
 * one of ours, which means that the camera restarted its encoder under a new SSRC.
 */
const TAKEOVER_PACKETS = 64;

/** Receives the RTP packets of one stream: sorts out what is foreign, follows sequence numbers and timestamps. */
export class RtpReceiver {
  readonly #payloadType: number;
  readonly #depacketiser: Depacketiser;
  readonly #packet = new RtpPacket();
  readonly #sequence = new SequenceTracker();
  readonly #timestamps = new TimestampUnwrapper();
  #ssrc: number | undefined;
  #foreignInARow = 0;
  #isAfterGap = false;

  packetsReceived = 0;
  /** Not RTP, of an unknown payload type, or of a foreign sender. */
  packetsIgnored = 0;

  constructor(payloadType: number, depacketiser: Depacketiser, ssrc?: number) {
    this.#payloadType = payloadType;
    this.#depacketiser = depacketiser;
    this.#ssrc = ssrc;
  }

  get packetsLost(): number {
    return this.#sequence.packetsLost;
  }

  /** Whether our packets come from this sender. */
  isFrom(ssrc: number): boolean {
    return this.packetsReceived > 0 && ssrc === this.#ssrc;
  }

  /** A timestamp of our sender on the scale of `rtpTime`; undefined before its first packet. */
  unwrap(timestamp: number): number | undefined {
    return this.#timestamps.peek(timestamp);
  }

  receive(bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number): void {
    const packet = this.#packet;
    if (
      !readRtpPacket(bytes, start, end, packet) ||
      packet.payloadType !== this.#payloadType ||
      !this.#isOurs(packet)
    ) {
      this.packetsIgnored++;
      return;
    }
    this.packetsReceived++;
    const verdict = this.#sequence.push(packet.sequence);
    if (verdict === 'late') return;
    const isAfterGap = verdict === 'gap' || this.#isAfterGap;
    this.#isAfterGap = false;
    const rtpTime = this.#timestamps.push(packet.timestamp);
    this.#depacketiser.push(bytes, packet, rtpTime, isAfterGap, arrivalMonotonicMs);
  }

  #isOurs(packet: RtpPacket): boolean {
    if (packet.ssrc === this.#ssrc || this.#ssrc === undefined) {
      this.#ssrc = packet.ssrc;
      this.#foreignInARow = 0;
      return true;
    }
    // An SSRC announced in SETUP that nobody uses must not silence the stream: before our first packet anybody may take over.
    if (this.packetsReceived > 0 && ++this.#foreignInARow < TAKEOVER_PACKETS) return false;
    this.#foreignInARow = 0;
    this.#isAfterGap = this.packetsReceived > 0;
    this.#ssrc = packet.ssrc;
    this.#sequence.reset();
    return true;
  }
}
