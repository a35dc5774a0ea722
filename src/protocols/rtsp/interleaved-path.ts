import type { RtspConnection } from './connection.ts';
import type { LanePlace } from './media-lane.ts';
import type { MediaPath } from './media-path.ts';
import type { AnsweredTransport } from './transport.ts';

/** Packets between the messages of the connection (RFC 2326 §10.12), each behind the number of its channel. */
export class InterleavedPath implements MediaPath {
  /** They are counted with the connection. */
  readonly bytesReceived = 0;
  readonly #connection: RtspConnection;

  constructor(connection: RtspConnection) {
    this.#connection = connection;
  }

  async offer(trackIndex: number): Promise<string> {
    // No `mode=play`: it confuses several servers.
    return `RTP/AVP/TCP;unicast;interleaved=${2 * trackIndex}-${2 * trackIndex + 1}`;
  }

  /** Cameras answer other channels than were asked for; theirs count. */
  accept(trackIndex: number, answer: AnsweredTransport): LanePlace | undefined {
    if (answer.way !== undefined && answer.way !== 'interleaved') return undefined;
    const { channel = 2 * trackIndex, rtcpChannel = 2 * trackIndex + 1, ssrc } = answer;
    return { channel, rtcpChannel, ssrc, isDatagrams: false };
  }

  sendRtcp(rtcpChannel: number, bytes: Buffer): void {
    this.#connection.sendFrame(rtcpChannel, bytes);
  }

  /** The connection is closed by its owner. */
  close(): void {
    return;
  }
}
