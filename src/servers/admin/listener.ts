import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type Koa from 'koa';
import { AppError, errnoCode } from '../../base/errors.ts';
import { isLoopbackHost } from './security.ts';
import type { Certificate } from './tls.ts';

/** A head that takes longer is not a browser's. Bodies are below 128 kB. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** A page of 64 live channels over HTTP/1.1, several times. */
const MAX_CONNECTIONS = 1000;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `[::1]:8480`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw new AppError('bad-input', `listen address "${text}" is not allowed, expected HOST:PORT`);
  return { host: (match[1] ?? match[2])!, port };
}

/** Only there plain HTTP is served. A name other than localhost may lead anywhere. */
export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Listener {
  /** Resolves with the port that it listens on, which differs from the asked one when that is 0. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

export function createListener(options: {
  app: Koa;
  address: ListenAddress;
  /** HTTPS alone when given, else HTTP. */
  certificate?: Certificate | undefined;
  onUpgrade: UpgradeHandler;
}): Listener {
  const { app, address, certificate } = options;
  const handler = app.callback();
  const server: Server = certificate
    ? createHttpsServer({ key: certificate.key, cert: certificate.cert, minVersion: 'TLSv1.2' }, handler)
    : createHttpServer(handler);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    socket.on('error', () => socket.destroy());
    // An upgrade passes by Koa; the session and the origin are checked by who takes it.
    if (!certificate && !isLoopbackHost(request.headers.host)) socket.destroy();
    else options.onUpgrade(request, socket, head);
  });
  return {
    start: () => listen(server, address),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of upgraded) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

function listenError(error: Error, host: string, port: number): AppError {
  const where = `${host}:${port}`;
  switch (errnoCode(error)) {
    case 'EADDRINUSE':
      return new AppError('conflict', `cannot listen on ${where}: another program uses this port`, { cause: error });
    case 'EACCES':
      return new AppError('conflict', `cannot listen on ${where}: no permission for this port`, { cause: error });
    case 'EADDRNOTAVAIL':
      return new AppError('conflict', `cannot listen on ${where}: this machine does not have the address`, {
        cause: error,
      });
    default:
      return new AppError('conflict', `cannot listen on ${where}: ${error.message}`, { cause: error });
  }
}
