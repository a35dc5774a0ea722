import { INTERLEAVED_HEADER_BYTES, interleavedPackets } from '../rtp/packets.ts';
import type { TrackOutlet } from './outlet.ts';
import { openPortPair, type PortPair } from './port-pair.ts';

export interface UdpClient {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

export interface UdpOutletInput {
  /** The camera's own. */
  readonly address: string;
  readonly client: UdpClient;
  readonly isMuted: boolean;
  /** RTCP of the client. */
  readonly onReport: (rtcp: Buffer) => void;
  /** The client has sent something to the RTP port, to make a way through its own firewall. */
  readonly onHolePunch: () => void;
}

/** Packets as datagrams, from a pair of ports that this track has for itself. */
export class UdpOutlet implements TrackOutlet {
  /** The kernel takes each datagram, or drops it. */
  readonly backlogBytes = 0;
  readonly keepsOrder = false;
  readonly isMuted: boolean;
  readonly #client: UdpClient;
  readonly #ports: PortPair;
  #isOpen = true;

  private constructor(input: UdpOutletInput, ports: PortPair) {
    this.isMuted = input.isMuted;
    this.#client = input.client;
    this.#ports = ports;
    ports.rtp.on('message', () => input.onHolePunch());
    ports.rtcp.on('message', (rtcp) => input.onReport(rtcp));
  }

  static async open(input: UdpOutletInput): Promise<UdpOutlet> {
    return new UdpOutlet(input, await openPortPair(input.address));
  }

  get rtpPort(): number {
    return this.#ports.rtpPort;
  }

  send(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      for (const packet of interleavedPackets(piece)) {
        if (this.#isOpen) this.#ports.rtp.send(packet, this.#client.rtpPort, this.#client.address);
      }
    }
  }

  sendReport(report: Buffer): void {
    if (!this.#isOpen) return;
    this.#ports.rtcp.send(report.subarray(INTERLEAVED_HEADER_BYTES), this.#client.rtcpPort, this.#client.address);
  }

  close(): void {
    this.#isOpen = false;
    this.#ports.close();
  }
}
