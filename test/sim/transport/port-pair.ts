import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { AppError, errnoCode } from '../../../src/base/errors.ts';

/** RTP has an even port and RTCP the next one (RFC 3550, 11). */
export interface PortPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly rtpPort: number;
  close(): void;
}

/** Below what Linux gives to outgoing connections (32768 on), so that the two do not meet. */
const FIRST_PORT = 16_384;
const LAST_PORT = 32_766;
/** Half of the range would have to be in use for this to fail once in a million times. */
const MAX_ATTEMPTS = 20;

/** Two neighbouring free ports at an address. */
export async function openPortPair(address: string): Promise<PortPair> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const rtpPort = randomInt(FIRST_PORT / 2, LAST_PORT / 2) * 2;
    const rtp = await bind(address, rtpPort);
    const rtcp = rtp && (await bind(address, rtpPort + 1));
    if (rtp && rtcp) return pairOf(rtp, rtcp, rtpPort);
    rtp?.close();
  }
  throw new AppError('conflict', `${address}: no two free UDP ports in ${MAX_ATTEMPTS} attempts`);
}

function pairOf(rtp: Socket, rtcp: Socket, rtpPort: number): PortPair {
  let isOpen = true;
  return {
    rtp,
    rtcp,
    rtpPort,
    close() {
      if (!isOpen) return;
      isOpen = false;
      rtp.close();
      rtcp.close();
    },
  };
}

/** Undefined when somebody else has the port. */
async function bind(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, resolve);
    });
  } catch (error) {
    socket.close();
    if (errnoCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
  socket.removeAllListeners('error');
  socket.on('error', () => undefined); // a client that has gone (ICMP) is found by its silence
  return socket;
}
