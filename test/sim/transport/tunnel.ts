import type { Socket } from 'node:net';
import { Base64Stream } from './base64-stream.ts';
import { type ClientWire, SocketWire } from './wire.ts';

/*
 * RTSP through HTTP, as QuickTime brought it up and cameras still offer it for the sake of proxies: a GET whose answer never ends
 * carries all that the camera says; POSTs with the same `x-sessioncookie` carry the client's requests in base64, and are not answered.
 */

export interface HttpHead {
  readonly method: 'GET' | 'POST';
  readonly cookie: string;
}

const HEAD = /^(GET|POST) \S+ HTTP\/1\.[01]$/;

/** Undefined when it is not one half of a tunnel. */
export function parseHttpHead(head: string): HttpHead | undefined {
  const [start, ...lines] = head.split('\r\n');
  const method = HEAD.exec(start ?? '')?.[1];
  const cookie = lines.map((line) => /^x-sessioncookie:\s*(\S+)/i.exec(line)?.[1]).find((value) => value !== undefined);
  if (cookie === undefined || (method !== 'GET' && method !== 'POST')) return undefined;
  return { method, cookie };
}

export const TUNNEL_OPENED = Buffer.from(
  [
    'HTTP/1.0 200 OK',
    'Connection: close',
    'Cache-Control: no-store',
    'Pragma: no-cache',
    'Content-Type: application/x-rtsp-tunnelled',
    '',
    '',
  ].join('\r\n'),
);
export const TUNNEL_REFUSED = Buffer.from('HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n');

/** The GET half; the POST halves that belong to it end with it. */
export class TunnelWire extends SocketWire implements ClientWire {
  override readonly kind = 'http';
  readonly #inputs = new Set<Socket>();

  /** What the client posts goes to `receive`, decoded. */
  addInput(socket: Socket, firstBytes: Buffer, receive: (bytes: Buffer) => void): void {
    const base64 = new Base64Stream();
    this.#inputs.add(socket);
    socket.on('close', () => this.#inputs.delete(socket));
    const take = (chunk: Buffer) => {
      const bytes = base64.push(chunk);
      if (bytes.length > 0) receive(bytes);
    };
    take(firstBytes);
    socket.on('data', take);
  }

  override close(): void {
    super.close();
    for (const socket of this.#inputs) socket.destroy();
  }
}
