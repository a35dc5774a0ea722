import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AppError } from '../../base/errors.ts';
import type { ByteStream, ByteStreamEvents, StreamAddresses } from './byte-stream.ts';
import { type CertificateCheck, checkCertificate, tlsOptions } from './certificate.ts';
import { socketError } from './socket-error.ts';
import { peerName } from './url.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Left out: not encrypted. */
  readonly tls?: CertificateCheck | undefined;
}

/**
 * All connections read into this one buffer: what is read is used up before the callback returns, and 64 buffers would be 4 MiB
 * that the processor's cache does not hold. 64 KiB is what libuv asks for by itself.
 */
const sharedReadBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** A camera that takes nothing of what is sent: requests are a few hundred bytes, and at most one in some seconds. */
const MAX_UNSENT_BYTES = 64 * 1024;

/** A TCP connection, encrypted or not. */
export class SocketStream implements ByteStream {
  readonly #endpoint: Endpoint;
  readonly #events: ByteStreamEvents;
  #state: 'new' | 'opening' | 'open' | 'ended' = 'new';
  #socket: Socket | undefined;
  /** What came first: a port that speaks TLS alone answers a request in clear with an alert, or with nothing. */
  #heard: 'nothing' | 'tls-alert' | 'something' = 'nothing';

  constructor(endpoint: Endpoint, events: ByteStreamEvents) {
    this.#endpoint = endpoint;
    this.#events = events;
  }

  get peer(): string {
    return peerName(this.#endpoint);
  }

  /** Rejects with AppError `unreachable`, `timeout` or `protocol`, or with CertificateError. */
  open(): Promise<void> {
    if (this.#state !== 'new') throw new AppError('internal', `${this.peer}: a stream is opened only once`);
    this.#state = 'opening';
    const socket = this.#connect();
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      const end = (error: AppError) => {
        const before = this.#state;
        this.#state = 'ended';
        socket.destroy();
        if (before === 'open') this.#events.onLost(error);
        else reject(error);
      };
      socket.on('error', (error) => end(socketError(this.peer, error, this.#hint)));
      socket.on('close', () => end(new AppError('unreachable', `${this.peer} closed the connection${this.#hint}`)));
      socket.once(this.#endpoint.tls === undefined ? 'connect' : 'secureConnect', () => {
        if (this.#state !== 'opening') return;
        try {
          if (this.#endpoint.tls) checkCertificate(socket as TLSSocket, this.peer, this.#endpoint.tls);
          this.#state = 'open';
          resolve();
        } catch (error) {
          end(error as AppError);
        }
      });
    });
  }

  write(bytes: Buffer): void {
    const socket = this.#socket;
    if (this.#state !== 'open' || socket === undefined) return;
    socket.write(bytes);
    if (socket.writableLength <= MAX_UNSENT_BYTES) return;
    this.#state = 'ended';
    socket.destroy();
    this.#events.onLost(
      new AppError('unreachable', `${this.peer} takes nothing: ${socket.writableLength} bytes wait to be sent`),
    );
  }

  /** Node keeps the descriptor to itself; where it hides it otherwise, there is none. */
  get descriptor(): number | undefined {
    const { _handle: handle } = (this.#socket ?? {}) as unknown as { _handle?: { fd?: unknown } | null };
    return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
  }

  get addresses(): StreamAddresses | undefined {
    const { localAddress, remoteAddress: cameraAddress } = this.#socket ?? {};
    return localAddress === undefined || cameraAddress === undefined ? undefined : { localAddress, cameraAddress };
  }

  close(): void {
    // While it opens, the socket's `close` event rejects open().
    if (this.#state === 'open') this.#state = 'ended';
    this.#socket?.destroy();
  }

  /** For whoever has set `rtsp://` for a port that wants `rtsps://`. */
  get #hint(): string {
    if (this.#endpoint.tls || this.#state !== 'open' || this.#heard === 'something') return '';
    return this.#heard === 'tls-alert'
      ? ': this port speaks TLS, its address begins with rtsps://'
      : ' without a word: if this port speaks TLS, its address begins with rtsps://';
  }

  #connect(): Socket {
    const { host, port, tls } = this.#endpoint;
    const address = {
      host,
      port,
      noDelay: true,
      onread: { buffer: sharedReadBuffer, callback: (length: number, bytes: Uint8Array) => this.#read(length, bytes) },
    };
    if (tls === undefined) return connect(address);
    const socket = connectTls({ ...address, ...tlsOptions(host) });
    socket.setNoDelay(true); // tls.connect() does not pass it on
    return socket;
  }

  #read(length: number, bytes: Uint8Array): boolean {
    if (this.#heard === 'nothing') this.#heard = isTlsAlert(bytes) ? 'tls-alert' : 'something';
    if (this.#state === 'open') this.#events.onBytes(bytes as Buffer, length);
    return true;
  }
}

/** Of any version: RFC 8446 section 5.1. */
function isTlsAlert(bytes: Uint8Array): boolean {
  return bytes[0] === 0x15 && bytes[1] === 0x03;
}
