import type { Clock } from '../../src/base/clock.ts';
import { ActiveFaults, seededRandom, seedOf } from './active-faults.ts';
import { CameraClock } from './camera-clock.ts';
import type { CameraOptions } from './camera-options.ts';
import { framesPerSecond } from './clip.ts';
import type { Variant } from './clip-library.ts';
import type { StreamCounters } from './counters.ts';
import { type Fault, type FaultName, parseFault } from './faults.ts';
import { LiveStream } from './live-stream.ts';
import type { PreparedClip } from './rtp/prepared-clip.ts';
import type { Credentials } from './rtsp/authentication.ts';
import { MOVED, RtspConnection } from './rtsp/connection.ts';
import type { ServedCamera } from './rtsp/served-camera.ts';
import { SessionShelf } from './rtsp/session-shelf.ts';
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
  readonly options: CameraOptions;
  readonly main: PreparedClip;
  readonly sub: PreparedClip | undefined;
  /** Makes another form of the main picture; takes as long as encoding does, the first time. */
  readonly loadVariant: (variant: Variant) => Promise<PreparedClip>;
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
  readonly #main: LiveStream;
  readonly #sub: LiveStream | undefined;
  readonly #listener: Listener;
  readonly #sessions: SessionShelf;
  /** Opening and closing the listener, one after the other. */
  #listening: Promise<void> = Promise.resolve();

  constructor(input: SimulatedCameraInput) {
    this.#input = input;
    this.number = input.number;
    this.name = input.name;
    this.address = input.address;
    this.credentials = input.options.credentials;
    const { driftPpm = 0, clockOffsetSeconds = 0, isEncrypted = false } = input.options;
    const clock = new CameraClock(input.clock, { driftPpm, clockOffsetSeconds }, this.#faults);
    this.#main = this.#newStream(input.main, clock);
    this.#sub = input.sub && this.#newStream(input.sub, clock);
    this.#sessions = new SessionShelf(input.clock, input.options.maxSessions ?? Number.POSITIVE_INFINITY);
    this.#listener = new Listener({
      name: `camera ${input.number}`,
      address: input.address,
      port: input.port,
      isEncrypted,
      connect: (wire) => new RtspConnection(wire, this.#served()),
    });
  }

  /** Without credentials, as a device is entered into a recorder. */
  get url(): string {
    return this.#urlOf('main', '');
  }

  /** Undefined when the camera has no sub stream. */
  get subUrl(): string | undefined {
    return this.#sub && this.#urlOf('sub', '');
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
    this.#main.start(phaseMs);
    this.#sub?.start(phaseMs);
    await this.#enqueue(() => this.#listener.open());
  }

  async stop(): Promise<void> {
    for (const timer of this.#faultTimers.values()) clearTimeout(timer);
    this.#faultTimers.clear();
    this.#sessions.endOrphans('simulator stopped');
    await this.#enqueue(() => this.#listener.close('simulator stopped'));
  }

  tick(): void {
    this.#main.tick();
    this.#sub?.tick();
  }

  /** Ends sessions whose client has gone without a word. */
  expireSessions(): void {
    this.#listener.closeSilentConnections();
    this.#sessions.expire();
  }

  /** Switches a fault on; one of the same kind is replaced. Resolves when it is in force. */
  async setFault(given: Fault): Promise<void> {
    const fault = parseFault(given);
    switch (fault.kind) {
      case 'drop':
        return this.#drop('fault: drop');
      case 'new-certificate':
        return await this.#listener.renewCertificate();
      case 'restart-stream':
        return this.#restartStreams(seededRandom(seedOf(fault)));
    }
    clearTimeout(this.#faultTimers.get(fault.kind));
    this.#faultTimers.delete(fault.kind);
    const variant = this.#variantWith(fault.kind, true);
    const clip = variant && (await this.#input.loadVariant(variant));
    this.#faults.set(fault);
    if (clip) this.#main.change(clip);
    if (fault.forSeconds !== undefined) {
      const timer = setTimeout(() => void this.clearFault(fault.kind), fault.forSeconds * 1000);
      this.#faultTimers.set(fault.kind, timer);
    }
    if (fault.kind === 'refuse') {
      this.#sessions.endOrphans('fault: refuse');
      await this.#enqueue(() => this.#listener.close('fault: refuse'));
    }
  }

  async clearFault(kind: FaultName): Promise<void> {
    clearTimeout(this.#faultTimers.get(kind));
    this.#faultTimers.delete(kind);
    if (!this.#faults.has(kind)) return;
    const variant = this.#variantWith(kind, false);
    this.#faults.delete(kind);
    if (variant) this.#main.change(await this.#input.loadVariant(variant));
    if (kind === 'refuse') await this.#enqueue(() => this.#listener.open());
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
      main: this.#main.tally.read(),
      sub: this.#sub?.tally.read(),
    };
  }

  #newStream(prepared: PreparedClip, clock: CameraClock): LiveStream {
    const { number, options } = this.#input;
    const { clip, firstTimestamp, hasCountedTimestamps, hasSenderReports } = options;
    const declaredFps = hasCountedTimestamps ? clip?.declaredFps : undefined;
    return new LiveStream({
      camera: number,
      prepared,
      clock,
      faults: this.#faults,
      firstTimestamp: firstTimestamp ?? (number * 0x9e3779b1) >>> 0,
      videoTimeScale: declaredFps === undefined ? 1 : framesPerSecond(prepared.clip.video) / declaredFps,
      hasSenderReports: hasSenderReports ?? true,
    });
  }

  /** What the main stream is to show once a fault of this kind is on or off; undefined for kinds that do not touch the picture. */
  #variantWith(kind: FaultName, isOn: boolean): Variant | undefined {
    if (kind !== 'change-format' && kind !== 'stop-key-frames') return undefined;
    return {
      isSmaller: kind === 'change-format' ? isOn : this.#faults.has('change-format'),
      hasFewKeys: kind === 'stop-key-frames' ? isOn : this.#faults.has('stop-key-frames'),
    };
  }

  /** A camera that starts anew knows nothing of before. */
  #drop(cause: string): void {
    this.#listener.dropConnections(cause);
    this.#sessions.endOrphans(cause);
  }

  #restartStreams(random: () => number): void {
    this.#main.restart(random);
    this.#sub?.restart(random);
  }

  #urlOf(stream: StreamName, login: string): string {
    const scheme = this.#input.options.isEncrypted ? 'rtsps' : 'rtsp';
    return `${scheme}://${login}${this.address}:${this.#listener.port}/${stream}`;
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.#listening.then(step);
    this.#listening = done.catch(() => undefined); // the caller hears of it; the next step must still run
    return done;
  }

  #served(): ServedCamera {
    const { name, address, credentials } = this;
    const { options, clock } = this.#input;
    return {
      ...{ name, address, clock },
      auth: {
        credentials,
        scheme: options.authScheme ?? 'both',
        digest: options.digest ?? 'md5',
        hasQop: options.hasQop ?? false,
        nonceSeconds: options.nonceSeconds,
      },
      redirects: options.redirects ?? false,
      transport: options.transport ?? 'any',
      udpQuirk: options.udpQuirk ?? 'none',
      sessions: this.#sessions,
      sessionsOutlive: options.sessionsOutlive ?? false,
      startAtKey: options.startAtKey ?? true,
      declaredFps: options.clip?.declaredFps,
      faults: this.#faults,
      streamAt: (path: string) => {
        const name = path.startsWith(MOVED) ? path.slice(MOVED.length) : path;
        if (name === '' || name === '/main') return this.#main;
        return name === '/sub' ? this.#sub : undefined;
      },
    };
  }
}
