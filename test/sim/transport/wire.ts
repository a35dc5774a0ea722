import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Wire } from './outlet.ts';

/** A client's RTSP connection, whatever carries it. */
export interface ClientWire extends Wire {
  readonly kind: 'tcp' | 'http';
  readonly client: { readonly address: string; readonly port: number };
  /** Packets beside an encrypted connection would not be, and a tunnel is there because nothing else gets through. */
  readonly allowsUdp: boolean;
  /** Says a last word. */
  end(bytes: Buffer): void;
  /** Cuts it, now. */
  close(): void;
}

/** A TCP or TLS connection. */
export class SocketWire implements ClientWire {
  readonly kind: 'tcp' | 'http' = 'tcp';
  readonly client: { readonly address: string; readonly port: number };
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  }

  get allowsUdp(): boolean {
    return this.kind === 'tcp' && !(this.#socket instanceof TLSSocket);
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  end(bytes: Buffer): void {
    this.#socket.end(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }
}
