import type { Clock } from '../../src/base/clock.ts';
import { ActiveFaults } from './active-faults.ts';
import type { StreamCounters } from './counters.ts';
import { type Fault, type FaultName, parseFault } from './faults.ts';
import { LiveStream } from './live-stream.ts';
import type { PreparedClip } from './rtp/prepared-clip.ts';
import type { AuthScheme, Credentials } from './rtsp/authentication.ts';
import { RtspConnection } from './rtsp/connection.ts';
import type { ServedCamera, UdpQuirk } from './rtsp/served-camera.ts';
import type { OfferedTransport } from './rtsp/transport.ts';
import { Listener } from './transport/listener.ts';

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
  /** Speaks TLS on its port, and nothing else. */
  readonly isEncrypted: boolean;
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
  readonly #listener: Listener;
  /** Opening and closing the listener, one after the other. */
  #listening: Promise<void> = Promise.resolve();

  constructor(input: SimulatedCameraInput) {
    this.#input = input;
    this.number = input.number;
    this.name = input.name;
    this.address = input.address;
    this.credentials = input.credentials;
    const stream = (prepared: PreparedClip) =>
      new LiveStream({
        camera: input.number,
        prepared,
        clock: input.clock,
        faults: this.#faults,
        firstTimestamp: input.firstTimestamp,
      });
    this.#streams = { main: stream(input.main), sub: input.sub && stream(input.sub) };
    this.#listener = new Listener({
      name: `camera ${input.number}`,
      address: input.address,
      port: input.port,
      isEncrypted: input.isEncrypted,
      connect: (wire) => new RtspConnection(wire, this.#served()),
    });
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

  /** SHA-256 of the certificate that it shows now, 64 hexadecimal digits; undefined without TLS. */
  get certificate(): string | undefined {
    return this.#listener.certificate?.fingerprint;
  }

  async start(phaseMs: number): Promise<void> {
    this.#streams.main?.start(phaseMs);
    this.#streams.sub?.start(phaseMs);
    await this.#enqueue(() => this.#listener.open());
  }

  async stop(): Promise<void> {
    for (const timer of this.#faultTimers.values()) clearTimeout(timer);
    this.#faultTimers.clear();
    await this.#enqueue(() => this.#listener.close('simulator stopped'));
  }

  tick(): void {
    this.#streams.main?.tick();
    this.#streams.sub?.tick();
  }

  /** Ends sessions whose client has gone without a word. */
  expireSessions(): void {
    this.#listener.closeSilentConnections();
  }

  /** Switches a fault on; one of the same kind is replaced. Resolves when it is in force. */
  async setFault(given: Fault): Promise<void> {
    const fault = parseFault(given);
    clearTimeout(this.#faultTimers.get(fault.kind));
    this.#faultTimers.delete(fault.kind);
    if (fault.kind === 'drop') {
      this.#listener.dropConnections('fault: drop');
      return;
    }
    if (fault.kind === 'new-certificate') {
      await this.#listener.renewCertificate();
      return;
    }
    this.#faults.set(fault);
    if (fault.forSeconds !== undefined) {
      const timer = setTimeout(() => void this.clearFault(fault.kind), fault.forSeconds * 1000);
      this.#faultTimers.set(fault.kind, timer);
    }
    if (fault.kind === 'refuse') await this.#enqueue(() => this.#listener.close('fault: refuse'));
  }

  async clearFault(kind: FaultName): Promise<void> {
    clearTimeout(this.#faultTimers.get(kind));
    this.#faultTimers.delete(kind);
    const wasOn = this.#faults.has(kind);
    this.#faults.delete(kind);
    if (wasOn && kind === 'refuse') await this.#enqueue(() => this.#listener.open());
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
      connections: this.#listener.connections,
      main: this.#streams.main!.tally.read(),
      sub: this.#streams.sub?.tally.read(),
    };
  }

  #urlOf(stream: StreamName, login: string): string {
    const scheme = this.#input.isEncrypted ? 'rtsps' : 'rtsp';
    return `${scheme}://${login}${this.address}:${this.#listener.port}/${stream}`;
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.#listening.then(step);
    this.#listening = done.catch(() => undefined); // the caller hears of it; the next step must still run
    return done;
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
}
