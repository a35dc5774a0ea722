import type { ByteStream, ByteStreamEvents } from './byte-stream.ts';
import type { CertificateCheck } from './certificate.ts';
import { HttpTunnel } from './http-tunnel.ts';
import type { Login } from './login.ts';
import { type Endpoint, SocketStream } from './socket-stream.ts';
import { pathOf, peerName, type RtspUrl } from './url.ts';

export interface CarrierOptions {
  readonly url: RtspUrl;
  /** Asked for `rtsps://` alone. */
  certificateCheck(peer: string): CertificateCheck;
  /** Given: RTSP goes through an HTTP tunnel, which is opened with these credentials. */
  readonly tunnelLogin: Login | undefined;
}

/** What carries the messages of a session: how to open it, and whom to name in messages. */
export interface Carrier {
  readonly peer: string;
  open(events: ByteStreamEvents): ByteStream;
}

/** Where cameras take HTTP. An address that names a port means that one: several take tunnels at their RTSP port, too. */
const TUNNEL_PORT = 80;
const ENCRYPTED_TUNNEL_PORT = 443;

export function carrierTo({ url, certificateCheck, tunnelLogin }: CarrierOptions): Carrier {
  const { host, isEncrypted } = url;
  const usualPort = isEncrypted ? ENCRYPTED_TUNNEL_PORT : TUNNEL_PORT;
  const port = tunnelLogin === undefined || url.hasPort ? url.port : usualPort;
  const peer = peerName({ host, port });
  const endpoint: Endpoint = { host, port, ...(isEncrypted && { tls: certificateCheck(peer) }) };
  return {
    peer,
    open: (events) =>
      tunnelLogin === undefined
        ? new SocketStream(endpoint, events)
        : new HttpTunnel({ endpoint, path: pathOf(url.requestUrl), login: tunnelLogin }, events),
  };
}
