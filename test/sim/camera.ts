import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../src/base/clock.ts';
import { AppError, errnoCode, messageOf } from '../../src/base/errors.ts';
import { ActiveFaults } from './active-faults.ts';
import type { StreamCounters } from './counters.ts';
import { type Fault, type FaultName, parseFault } from './faults.ts';
import { LiveStream } from './live-stream.ts';
import type { PreparedClip } from './rtp/prepared-clip.ts';
import type { AuthScheme, Credentials } from './rtsp/authentication.ts';
import { RtspConnection } from './rtsp/connection.ts';
import type { ServedCamera, UdpQuirk } from './rtsp/served-camera.ts';
import type { OfferedTransport } from './rtsp/transport.ts';
import { SocketWire } from './transport/wire.ts';

export type StreamName = 'main' | 'sub';

export interface CameraCounters {
  readonly camera: number;
  readonly connections: number;
  readonly main: StreamCounters;
  /** Undefined when the camera has no sub stream. */
  readonly sub: StreamCounters | undefined;
}

export interface SimulatedCameraInput {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly main: PreparedClip;
  readonly sub: PreparedClip | undefined;
  readonly credentials: Credentials | undefined;
  readonly authScheme: AuthScheme;
  readonly transport: OfferedTransport;
  readonly udpQuirk: UdpQuirk;
  readonly startAtKey: boolean;
  readonly firstTimestamp: number;
  readonly clock: Clock;
}

/** More than any camera serves; a client that never closes its connections meets it soon. */
const MAX_CONNECTIONS = 32;

/** A network camera: an RTSP server at an address of its own, and what is wrong with it at the moment. */
export class SimulatedCamera {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly credentials: Credentials | undefined;
  readonly #input: SimulatedCameraInput;
  readonly #faults = new ActiveFaults();
  readonly #faultTimers = new Map<FaultName, NodeJS.Timeout>();
  readonly #streams: Readonly<Record<StreamName, LiveStream | undefined>>;
  readonly #connections = new Set<RtspConnection>();
  /** Opening and closing the listener, one after the other. */
  #listening: Promise<void> = Promise.resolve();
  #server: Server | undefined;
  #port: number;

  constructor(input: SimulatedCameraInput) {
    this.#input = input;
    this.number = input.number;
    this.name = input.name;
    this.address = input.address;
    this.credentials = input.credentials;
    this.#port = input.port;
    const stream = (prepared: PreparedClip) =>
      new LiveStream({
        camera: input.number,
        prepared,
        clock: input.clock,
        faults: this.#faults,
        firstTimestamp: input.firstTimestamp,
      });
    this.#streams = { main: stream(input.main), sub: input.sub && stream(input.sub) };
  }

  /** Without credentials, as a device is entered into a recorder. */
  get url(): string {
    return this.#urlOf('main', '');
  }

  /** Undefined when the camera has no sub stream. */
  get subUrl(): string | undefined {
    return this.#streams.sub && this.#urlOf('sub', '');
  }

  /** With user and password, as players want it. */
  get urlWithCredentials(): string {
    const { credentials } = this;
    const login = credentials
      ? `${encodeURIComponent(credentials.user)}:${encodeURIComponent(credentials.password)}@`
      : '';
    return this.#urlOf('main', login);
  }

  async start(phaseMs: number): Promise<void> {
    this.#streams.main?.start(phaseMs);
    this.#streams.sub?.start(phaseMs);
    await this.#listen();
  }

  async stop(): Promise<void> {
    for (const timer of this.#faultTimers.values()) clearTimeout(timer);
    this.#faultTimers.clear();
    await this.#enqueue(() => this.#close('simulator stopped'));
  }

  tick(): void {
    this.#streams.main?.tick();
    this.#streams.sub?.tick();
  }

  /** Ends sessions whose client has gone without a word. */
  expireSessions(): void {
    for (const connection of this.#connections) connection.closeIfSilent();
  }

  /** Switches a fault on; one of the same kind is replaced. Resolves when it is in force. */
  async setFault(given: Fault): Promise<void> {
    const fault = parseFault(given);
    clearTimeout(this.#faultTimers.get(fault.kind));
    this.#faultTimers.delete(fault.kind);
    if (fault.kind === 'drop') {
      this.#dropConnections('fault: drop');
      return;
    }
    this.#faults.set(fault);
    if (fault.forSeconds !== undefined) {
      const timer = setTimeout(() => void this.clearFault(fault.kind), fault.forSeconds * 1000);
      this.#faultTimers.set(fault.kind, timer);
    }
    if (fault.kind === 'refuse') await this.#enqueue(() => this.#close('fault: refuse'));
  }

  async clearFault(kind: FaultName): Promise<void> {
    clearTimeout(this.#faultTimers.get(kind));
    this.#faultTimers.delete(kind);
    const wasOn = this.#faults.has(kind);
    this.#faults.delete(kind);
    if (wasOn && kind === 'refuse') await this.#listen();
  }

  async clearFaults(): Promise<void> {
    for (const fault of this.#faults.list()) await this.clearFault(fault.kind);
  }

  faults(): Fault[] {
    return this.#faults.list();
  }

  counters(): CameraCounters {
    return {
      camera: this.number,
      connections: this.#connections.size,
      main: this.#streams.main!.tally.read(),
      sub: this.#streams.sub?.tally.read(),
    };
  }

  #urlOf(stream: StreamName, login: string): string {
    return `rtsp://${login}${this.address}:${this.#port}/${stream}`;
  }

  #dropConnections(cause: string): void {
    for (const connection of this.#connections) connection.close(cause);
  }

  #listen(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#server) return;
      const server = createServer((socket) => this.#accept(socket));
      server.maxConnections = MAX_CONNECTIONS;
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error) => reject(this.#listenError(error)));
        server.listen(this.#port, this.address, resolve);
      });
      this.#server = server;
      const bound = server.address();
      if (bound && typeof bound === 'object') this.#port = bound.port;
    });
  }

  async #close(cause: string): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    this.#dropConnections(cause);
    await closed;
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.#listening.then(step);
    this.#listening = done.catch(() => undefined); // the caller hears of it; the next step must still run
    return done;
  }

  #accept(socket: Socket): void {
    socket.setNoDelay(true);
    const connection = new RtspConnection(new SocketWire(socket), this.#served());
    this.#connections.add(connection);
    socket.on('data', (chunk) => connection.receive(chunk));
    socket.on('error', () => undefined); // 'close' follows, and says enough: a client that goes away is no fault of ours
    socket.on('close', () => {
      connection.close('connection closed by client');
      this.#connections.delete(connection);
    });
  }

  #served(): ServedCamera {
    const { name, address, credentials } = this;
    const { authScheme, transport, udpQuirk, startAtKey, clock } = this.#input;
    return {
      ...{ name, address, credentials, authScheme, transport, udpQuirk, startAtKey, clock },
      faults: this.#faults,
      streamAt: (path: string) => {
        if (path === '' || path === '/main') return this.#streams.main;
        return path === '/sub' ? this.#streams.sub : undefined;
      },
    };
  }

  #listenError(error: Error): AppError {
    const place = `camera ${this.number}: ${this.address}:${this.#port}`;
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
