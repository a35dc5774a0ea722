import type { LanePlace } from './media-lane.ts';
import type { AnsweredTransport } from './transport.ts';

/** How the packets of one session come: inside of its connection, or beside it. */
export interface MediaPath {
  /** Value of the Transport header that SETUP of a track asks with; tracks are counted from 0. */
  offer(trackIndex: number): Promise<string>;
  /** Where the track comes, by the camera's answer; undefined when it would send in another way than was asked for. */
  accept(trackIndex: number, answer: AnsweredTransport): LanePlace | undefined;
  /** Bytes of media that came beside the connection. */
  readonly bytesReceived: number;
  sendRtcp(rtcpChannel: number, bytes: Buffer): void;
  close(): void;
}
