/** `auto`: TCP, and UDP for cameras that refuse it. `http`: in the connection too, which then goes through an HTTP tunnel. */
export type TransportSetting = 'auto' | 'tcp' | 'udp' | 'http';

/** How media really come. */
export type MediaTransport = 'tcp' | 'udp' | 'http';

/** What sessions with a camera taught those that follow; belongs to who makes the sessions. */
export interface TransportMemory {
  /** When the camera was asked for datagrams and none came, or it would not send any. */
  udpFailedMs?: number;
  /** When it would not send inside of the connection. */
  tcpRefusedMs?: number;
}

/**
 * So long a transport that has failed is not tried first again. A firewall is mended by a person, a camera's settings too; and each attempt
 * over UDP in vain costs three seconds of footage.
 */
export const RELEARN_MS = 10 * 60_000;

/** The transports to try, in turn: the next one where the camera refuses the one before, or where nothing comes by it. */
export function transportsToTry(
  setting: TransportSetting,
  isEncrypted: boolean,
  memory: TransportMemory,
  nowMonotonicMs: number,
): MediaTransport[] {
  const isRecent = (atMs: number | undefined) => atMs !== undefined && nowMonotonicMs - atMs < RELEARN_MS;
  switch (setting) {
    case 'tcp':
    case 'http':
      return [setting];
    case 'auto':
      if (isEncrypted) return ['tcp'];
      return isRecent(memory.tcpRefusedMs) && !isRecent(memory.udpFailedMs) ? ['udp', 'tcp'] : ['tcp', 'udp'];
    case 'udp':
      // Datagrams would show in clear what the connection was encrypted for.
      if (isEncrypted) return ['tcp'];
      return isRecent(memory.udpFailedMs) ? ['tcp', 'udp'] : ['udp', 'tcp'];
  }
}
