import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError, type AppErrorKind, errnoCode, isAppError, messageOf } from '../../src/base/errors.ts';
import type { SimulatedCamera } from './camera.ts';
import { FAULT_NAMES, parseFault } from './faults.ts';
import type { Simulator } from './simulator.ts';

/** A fault is a line of JSON. */
const MAX_BODY_BYTES = 16 * 1024;
const STATUS: Partial<Record<AppErrorKind, number>> = { 'bad-input': 400, 'not-found': 404 };

/** HTTP on the loopback interface for scripts that switch faults and read counters. */
export class ControlServer {
  readonly #simulator: Simulator;
  readonly #port: number;
  #server: Server | undefined;

  /** Port 0 takes any free one. */
  constructor(simulator: Simulator, port: number) {
    this.#simulator = simulator;
    this.#port = port;
  }

  /** Resolves with its address. */
  async start(): Promise<string> {
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        const why = errnoCode(error) === 'EADDRINUSE' ? 'in use by another program' : error.message;
        reject(new AppError('conflict', `control port 127.0.0.1:${this.#port}: ${why}`, { cause: error }));
      });
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    const bound = server.address();
    return `http://127.0.0.1:${bound && typeof bound === 'object' ? bound.port : this.#port}`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let status = 200;
    let body: unknown;
    try {
      body = await this.#answer(request);
    } catch (error) {
      status = isAppError(error) ? (STATUS[error.kind] ?? 500) : 500;
      body = { error: messageOf(error) };
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const route = `${request.method} ${pathname.replace(/\d+/, 'N')}`;
    switch (route) {
      case 'GET /cameras':
        return this.#simulator.cameras.map(describeCamera);
      case 'GET /counters':
        return this.#simulator.cameras.map((camera) => camera.counters());
      case 'GET /cameras/N':
        return describeCamera(this.#camera(pathname));
      case 'GET /cameras/N/counters':
        return this.#camera(pathname).counters();
      case 'POST /cameras/N/fault': {
        const camera = this.#camera(pathname);
        await camera.setFault(parseFault(await readJson(request)));
        return describeCamera(camera);
      }
      case 'DELETE /cameras/N/fault': {
        const camera = this.#camera(pathname);
        await clearFaults(camera, searchParams.get('kind'));
        return describeCamera(camera);
      }
      default:
        throw new AppError('not-found', `no ${request.method} ${pathname}; see GET /cameras, GET /counters`);
    }
  }

  #camera(pathname: string): SimulatedCamera {
    return this.#simulator.camera(Number(/\d+/.exec(pathname)?.[0]));
  }
}

/** What scripts need to know of a camera; also printed by the command with --json. */
export function describeCamera(camera: SimulatedCamera) {
  return {
    number: camera.number,
    name: camera.name,
    address: camera.address,
    url: camera.url,
    subUrl: camera.subUrl,
    certificate: camera.certificate,
    connections: camera.counters().connections,
    faults: camera.faults(),
  };
}

async function clearFaults(camera: SimulatedCamera, kind: string | null): Promise<void> {
  if (kind === null) {
    await camera.clearFaults();
    return;
  }
  const known = FAULT_NAMES.find((name) => name === kind);
  if (!known) throw new AppError('bad-input', `unknown fault ${kind}, known: ${FAULT_NAMES.join(', ')}`);
  await camera.clearFault(known);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) throw new AppError('bad-input', `body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch (error) {
    throw new AppError('bad-input', `body is not JSON: ${messageOf(error)}`, { cause: error });
  }
}
