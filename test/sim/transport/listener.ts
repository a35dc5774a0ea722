import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { AppError, errnoCode, messageOf } from '../../../src/base/errors.ts';
import { type CameraCertificate, makeCertificate } from './certificate.ts';
import { parseHttpHead, TUNNEL_OPENED, TUNNEL_REFUSED, TunnelWire } from './tunnel.ts';
import { type ClientWire, SocketWire } from './wire.ts';

/** What a client talks to. */
export interface ClientConnection {
  receive(bytes: Buffer): void;
  close(cause: string): void;
  noteGone(): void;
  closeIfSilent(): void;
}

export interface ListenerInput {
  /** For messages: `camera 3`. */
  readonly name: string;
  readonly address: string;
  /** 0 takes any free port, and keeps it. */
  readonly port: number;
  readonly isEncrypted: boolean;
  readonly connect: (wire: ClientWire) => ClientConnection;
}

/** More than any camera serves; a client that never closes its connections meets it soon. */
const MAX_CONNECTIONS = 32;
/** Who has not said by then whether it speaks RTSP or HTTP says nothing any more. */
const FIRST_BYTES_TIMEOUT_MS = 60_000;
/** By so many bytes a request shows whether it is HTTP: RTSP has `GET_PARAMETER`, `PLAY` and `PAUSE`. */
const LONGEST_VERB = 'POST ';
const MAX_HTTP_HEAD_BYTES = 16 * 1024;

/** A camera's port: takes connections, and finds out by their first bytes whether they are RTSP or half of an HTTP tunnel. */
export class Listener {
  readonly #input: ListenerInput;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<ClientConnection>();
  readonly #tunnels = new Map<string, { wire: TunnelWire; connection: ClientConnection }>();
  #server: Server | undefined;
  #port: number;
  #certificate: CameraCertificate | undefined;

  constructor(input: ListenerInput) {
    this.#input = input;
    this.#port = input.port;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Undefined where the camera does not encrypt. */
  get certificate(): CameraCertificate | undefined {
    return this.#certificate;
  }

  async open(): Promise<void> {
    if (this.#server) return;
    const server = await this.#createServer();
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(this.#listenError(error)));
      server.listen(this.#port, this.#input.address, resolve);
    });
    this.#server = server;
    const bound = server.address();
    if (bound && typeof bound === 'object') this.#port = bound.port;
  }

  async close(cause: string): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    this.dropConnections(cause);
    await closed;
  }

  dropConnections(cause: string): void {
    for (const connection of this.#connections) connection.close(cause);
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Of clients that have gone without a word. */
  closeSilentConnections(): void {
    for (const connection of this.#connections) connection.closeIfSilent();
  }

  /** As after a factory reset or when it has expired. Whoever is connected stays so. */
  async renewCertificate(): Promise<void> {
    if (!this.#input.isEncrypted) {
      throw new AppError('bad-input', `${this.#input.name} has no certificate: it does not encrypt`);
    }
    this.#certificate = await makeCertificate(this.#input.name);
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(this.#certificate);
  }

  async #createServer(): Promise<Server> {
    if (!this.#input.isEncrypted) return createServer((socket) => this.#accept(socket));
    this.#certificate ??= await makeCertificate(this.#input.name);
    const server = createTlsServer({ key: this.#certificate.key, cert: this.#certificate.cert }, (socket) =>
      this.#accept(socket),
    );
    // The raw connection is there before the handshake: it counts, and goes when the camera closes.
    server.on('connection', (socket) => this.#track(socket));
    return server;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // 'close' follows, and says enough: a client that goes away is no fault of ours
  }

  #accept(socket: Socket): void {
    this.#track(socket);
    socket.setNoDelay(true);
    socket.setTimeout(FIRST_BYTES_TIMEOUT_MS, () => socket.destroy());
    let head: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const isDecided = this.#decide(socket, head, () => {
        socket.off('data', onData);
        socket.setTimeout(0);
      });
      if (!isDecided && head.length > MAX_HTTP_HEAD_BYTES) socket.destroy();
    };
    socket.on('data', onData);
  }

  /** Returns false while more must be seen. `take` is called before the socket gets its new reader. */
  #decide(socket: Socket, head: Buffer, take: () => void): boolean {
    const start = head.toString('latin1', 0, LONGEST_VERB.length);
    if (start.length < LONGEST_VERB.length) return false;
    if (!/^(GET|POST) /.test(start)) {
      take();
      this.#connect(socket, new SocketWire(socket)).receive(head);
      return true;
    }
    const headBytes = head.indexOf('\r\n\r\n');
    if (headBytes < 0) return false;
    take();
    this.#openTunnel(socket, head.toString('latin1', 0, headBytes), head.subarray(headBytes + 4));
    return true;
  }

  #openTunnel(socket: Socket, headText: string, rest: Buffer): void {
    const head = parseHttpHead(headText);
    if (head?.method === 'GET' && !this.#tunnels.has(head.cookie)) {
      const wire = new TunnelWire(socket);
      wire.write(TUNNEL_OPENED);
      this.#tunnels.set(head.cookie, { wire, connection: this.#connect(socket, wire) });
      socket.on('close', () => this.#tunnels.delete(head.cookie));
      return;
    }
    const tunnel = head?.method === 'POST' ? this.#tunnels.get(head.cookie) : undefined;
    if (tunnel) tunnel.wire.addInput(socket, rest, (bytes) => tunnel.connection.receive(bytes));
    else socket.end(TUNNEL_REFUSED);
  }

  #connect(socket: Socket, wire: ClientWire): ClientConnection {
    const connection = this.#input.connect(wire);
    this.#connections.add(connection);
    if (wire.kind === 'tcp') socket.on('data', (chunk) => connection.receive(chunk));
    else socket.resume(); // a tunnel's GET says nothing more, and its end must be seen
    socket.on('close', () => {
      connection.noteGone();
      this.#connections.delete(connection);
    });
    return connection;
  }

  #listenError(error: Error): AppError {
    const place = `${this.#input.name}: ${this.#input.address}:${this.#port}`;
    switch (errnoCode(error)) {
      case 'EADDRINUSE':
        return new AppError('conflict', `${place} is in use by another program; choose another port`, { cause: error });
      case 'EACCES':
        return new AppError('forbidden', `${place} may not be opened; ports below 1024 need root`, { cause: error });
      case 'EADDRNOTAVAIL':
        return new AppError('bad-input', `${place} is not an address of this machine`, { cause: error });
      default:
        return new AppError('internal', `${place}: ${messageOf(error)}`, { cause: error });
    }
  }
}
