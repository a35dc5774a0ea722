import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls';
import type { ScriptedCamera } from './scripted-camera.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What stands in the way of a tunnel, or belongs to the manners of one server. */
export interface TunnelManners {
  /** The answer to a GET, in the pieces in which it is sent; undefined: 200. */
  answerGet?(request: HttpRequest): readonly string[] | undefined;
  /** Sent at once on the POST; undefined: nothing. */
  answerPost?(request: HttpRequest): string | undefined;
  /** The POST is ended by the server after so many messages. */
  readonly messagesInPost?: number;
}

const OPENED =
  'HTTP/1.0 200 OK\r\nServer: test\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n';

/** The web server of a camera: joins a GET and its POSTs to one RTSP connection of `camera`. */
export class ScriptedTunnel {
  readonly #camera: ScriptedCamera;
  readonly #manners: TunnelManners;
  readonly #isEncrypted: boolean;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #tunnels = new Map<string, Duplex>();
  readonly requests: HttpRequest[] = [];

  constructor(camera: ScriptedCamera, manners: TunnelManners = {}, tls?: TlsOptions) {
    this.#camera = camera;
    this.#manners = manners;
    this.#isEncrypted = tls !== undefined;
    const serve = (socket: Socket) => this.#serve(socket);
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#isEncrypted ? 'rtsps' : 'rtsp'}://127.0.0.1:${this.port}/live?profile=1`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** For the connections that follow. */
  changeCertificate(tls: TlsOptions): void {
    (this.#server as TlsServer).setSecureContext(tls);
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, resolve));
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // clients cut connections on purpose
    let head = '';
    const readHead = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      socket.off('data', readHead);
      const request = parseRequest(head.slice(0, end));
      this.requests.push(request);
      if (request.method === 'GET') this.#openGet(socket, request);
      else this.#openPost(socket, request, head.slice(end + 4));
    };
    socket.on('data', readHead);
  }

  #openGet(socket: Socket, request: HttpRequest): void {
    const pieces = this.#manners.answerGet?.(request) ?? [OPENED];
    sendOneByOne(socket, pieces);
    if (!pieces.join('').includes(' 200 ')) return;
    const tunnel = new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _encoding, done) => socket.write(bytes, () => done()),
      final: (done) => {
        socket.end();
        done();
      },
      destroy: (error, done) => {
        socket.destroy();
        done(error);
      },
    });
    this.#tunnels.set(cookieOf(request), tunnel);
    this.#camera.serve(tunnel as unknown as Socket);
  }

  /** Each group of four characters by itself: a message ends with padding, and the next one follows. */
  #openPost(socket: Socket, request: HttpRequest, first: string): void {
    const answer = this.#manners.answerPost?.(request);
    if (answer !== undefined) socket.write(answer);
    let text = '';
    let messages = 0;
    const read = (more: string) => {
      text += more;
      const whole = text.length - (text.length % 4);
      const groups = text.slice(0, whole).match(/.{4}/g) ?? [];
      text = text.slice(whole);
      const bytes = Buffer.concat(groups.map((group) => Buffer.from(group, 'base64')));
      messages += bytes.toString('latin1').split('\r\n\r\n').length - 1;
      const deliver = () => this.#tunnels.get(cookieOf(request))?.push(bytes);
      // Ended before the camera can answer, so that the next message cannot come too early.
      if (messages === this.#manners.messagesInPost) socket.once('close', deliver).end();
      else deliver();
    };
    if (first !== '') read(first);
    socket.on('data', (chunk) => read(chunk.toString('latin1')));
  }
}

function parseRequest(head: string): HttpRequest {
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = lines.map((line) => /^([^:]+):\s*(.*)$/.exec(line) ?? []);
  return { method, path, headers: new Map(headers.map(([, name = '', value = '']) => [name.toLowerCase(), value])) };
}

function cookieOf(request: HttpRequest): string {
  return request.headers.get('x-sessioncookie') ?? '';
}

/** Each in a packet of its own. */
function sendOneByOne(socket: Socket, [piece, ...rest]: readonly string[]): void {
  if (piece === undefined) return;
  socket.write(piece, () => setImmediate(() => sendOneByOne(socket, rest)));
}
