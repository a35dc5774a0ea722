import { isIPv6, SocketAddress } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { LanePlace } from './media-lane.ts';
import type { MediaPath } from './media-path.ts';
import type { AnsweredTransport, PortNumbers } from './transport.ts';
import { UdpPortPair } from './udp-port-pair.ts';

export interface DatagramPathOptions {
  /** Both ends of the connection, as the kernel names them. */
  readonly localAddress: string;
  readonly cameraAddress: string;
  readonly clock: Clock;
  /** `bytes` is memory of its own. Channels are numbered as those of interleaved packets would be. */
  readonly onPacket: (channel: number, bytes: Buffer, arrivalMonotonicMs: number) => void;
}

interface TrackPorts {
  readonly pair: UdpPortPair;
  /** Where the camera listens. Some do not say so: then the RTCP port is where its reports come from. */
  server: Partial<PortNumbers>;
}

/** The smallest packets that there are: RTP without a payload (RFC 3550 §5.1), */
const EMPTY_RTP = Buffer.from('800000000000000000000000', 'hex');
/** and a receiver report on nobody (§6.4.2). */
const EMPTY_RECEIVER_REPORT = Buffer.from('80c9000100000000', 'hex');

/** Packets as datagrams beside the connection: each track has a pair of ports for itself. */
export class DatagramPath implements MediaPath {
  readonly #options: DatagramPathOptions;
  readonly #tracks = new Map<number, TrackPorts>();
  /** Whom we listen to. */
  readonly #sources: string[];

  bytesReceived = 0;
  /** From hosts that are not the camera. */
  datagramsForeign = 0;

  constructor(options: DatagramPathOptions) {
    this.#options = options;
    this.#sources = [options.cameraAddress];
  }

  async offer(trackIndex: number): Promise<string> {
    const pair = await UdpPortPair.open({
      address: this.#options.localAddress,
      onDatagram: (kind, bytes, { address, port }) => this.#take(trackIndex, kind, bytes, address, port),
    });
    this.#tracks.set(trackIndex, { pair, server: {} });
    return `RTP/AVP;unicast;client_port=${pair.numbers.rtp}-${pair.numbers.rtcp}`;
  }

  accept(trackIndex: number, answer: AnsweredTransport): LanePlace | undefined {
    const ports = this.#tracks.get(trackIndex);
    if (ports === undefined || (answer.way !== undefined && answer.way !== 'datagrams')) return undefined;
    ports.server = answer.serverPorts ?? {};
    if (answer.source !== undefined) this.#sources.push(canonicalAddress(answer.source));
    return { channel: 2 * trackIndex, rtcpChannel: 2 * trackIndex + 1, ssrc: answer.ssrc, isDatagrams: true };
  }

  /** Makes a way for the camera's datagrams through the firewalls between. Of no use where the camera does not say where it sends from. */
  punchHoles(): void {
    for (const { pair, server } of this.#tracks.values()) {
      if (server.rtp !== undefined) pair.send('rtp', EMPTY_RTP, server.rtp, this.#options.cameraAddress);
      if (server.rtcp !== undefined) pair.send('rtcp', EMPTY_RECEIVER_REPORT, server.rtcp, this.#options.cameraAddress);
    }
  }

  sendRtcp(rtcpChannel: number, bytes: Buffer): void {
    const ports = this.#tracks.get(rtcpChannel >> 1);
    if (ports?.server.rtcp === undefined) return;
    ports.pair.send('rtcp', bytes, ports.server.rtcp, this.#options.cameraAddress);
  }

  close(): void {
    for (const { pair } of this.#tracks.values()) pair.close();
    this.#tracks.clear();
  }

  /** The port is not looked at: cameras send from others than they say. */
  #take(trackIndex: number, kind: 'rtp' | 'rtcp', bytes: Buffer, address: string, port: number): void {
    if (!this.#sources.includes(address)) {
      this.datagramsForeign++;
      return;
    }
    this.bytesReceived += bytes.length;
    if (kind === 'rtcp') this.#learnRtcpPort(trackIndex, port);
    const channel = 2 * trackIndex + (kind === 'rtcp' ? 1 : 0);
    this.#options.onPacket(channel, bytes, this.#options.clock.monotonicMs());
  }

  #learnRtcpPort(trackIndex: number, port: number): void {
    const ports = this.#tracks.get(trackIndex);
    if (ports !== undefined && ports.server.rtcp === undefined) ports.server = { ...ports.server, rtcp: port };
  }
}

/** As the kernel writes it, which has many ways of writing an IPv6 address. */
function canonicalAddress(address: string): string {
  return new SocketAddress({ address, family: isIPv6(address) ? 'ipv6' : 'ipv4' }).address;
}
