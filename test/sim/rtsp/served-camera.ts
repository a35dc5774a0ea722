import type { Clock } from '../../../src/base/clock.ts';
import type { ActiveFaults } from '../active-faults.ts';
import type { LiveStream } from '../live-stream.ts';
import type { AuthOptions } from './authentication.ts';
import type { SessionShelf } from './session-shelf.ts';
import type { OfferedTransport } from './transport.ts';

/** What cameras do wrong over UDP: name no port of their own, or say yes and send nothing (a firewall between looks the same). */
export type UdpQuirk = 'none' | 'no-server-port' | 'nothing-sent';

/** What a connection needs to know of its camera. */
export interface ServedCamera {
  readonly name: string;
  readonly address: string;
  readonly startAtKey: boolean;
  readonly declaredFps: number | undefined;
  readonly auth: AuthOptions;
  /** Sends who describes a stream to another address of it. */
  readonly redirects: boolean;
  readonly transport: OfferedTransport;
  readonly udpQuirk: UdpQuirk;
  readonly sessions: SessionShelf;
  /** Sessions over UDP go on without the connection that set them up. */
  readonly sessionsOutlive: boolean;
  readonly faults: ActiveFaults;
  readonly clock: Clock;
  streamAt(path: string): LiveStream | undefined;
}
