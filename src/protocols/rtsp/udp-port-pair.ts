import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { AppError, errnoCode, messageOf } from '../../base/errors.ts';
import type { PortNumbers } from './transport.ts';

/**
 * A key frame of a 4K camera is a megabyte and comes at the speed of the wire, while this process may be busy with other channels for some
 * milliseconds. The kernel gives at most `net.core.rmem_max`, doubled: 416 KiB unless the image allows more.
 */
const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;

/** Half of all ports would have to be in use for this to fail once in 65,000 times. */
const MAX_ATTEMPTS = 16;

export interface UdpPortPairOptions {
  /** Ours, which the camera knows by the connection. */
  readonly address: string;
  /** `bytes` is memory of its own. */
  readonly onDatagram: (kind: 'rtp' | 'rtcp', bytes: Buffer, from: RemoteInfo) => void;
}

/** Two neighbouring UDP ports: an even one for RTP, the next one for RTCP (RFC 3550 §11). */
export class UdpPortPair {
  readonly numbers: PortNumbers;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  #isClosed = false;

  private constructor(rtp: Socket, rtcp: Socket, { onDatagram }: UdpPortPairOptions) {
    this.numbers = { rtp: rtp.address().port, rtcp: rtcp.address().port };
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    for (const [kind, socket] of [['rtp', rtp] as const, ['rtcp', rtcp] as const]) {
      socket.on('message', (bytes, from) => onDatagram(kind, bytes, from));
      // "Port unreachable" while the camera is not listening yet: its silence tells what matters.
      socket.on('error', () => undefined);
    }
  }

  /** Rejects with AppError `conflict` where there are no ports, `unreachable` where the address is not ours any more. */
  static async open(options: UdpPortPairOptions): Promise<UdpPortPair> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const first = await bind(options.address, 0);
      const second = first && (await bind(options.address, first.address().port ^ 1));
      if (first && second) {
        const [rtp, rtcp] = first.address().port % 2 === 0 ? [first, second] : [second, first];
        return new UdpPortPair(rtp, rtcp, options);
      }
      first?.close();
    }
    throw new AppError(
      'conflict',
      `${options.address}: no two neighbouring free UDP ports in ${MAX_ATTEMPTS} attempts`,
    );
  }

  /** The kernel takes it or drops it; nobody can rely on a datagram. */
  send(kind: 'rtp' | 'rtcp', bytes: Buffer, port: number, address: string): void {
    if (this.#isClosed) return;
    (kind === 'rtp' ? this.#rtp : this.#rtcp).send(bytes, port, address, () => undefined);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#rtp.close();
    this.#rtcp.close();
  }
}

/** Undefined when somebody else has the port. */
async function bind(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address, exclusive: true }, resolve);
    });
    socket.removeAllListeners('error');
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    return socket;
  } catch (error) {
    socket.close();
    if (errnoCode(error) === 'EADDRINUSE') return undefined;
    throw new AppError('unreachable', `${address}: no UDP port can be opened: ${messageOf(error)}`, { cause: error });
  }
}
