import { unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { AppError, errnoCode, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MIB } from '../base/units.ts';
import { encodeJsonFrame, encodeUnitHead, FrameParser } from './frames.ts';
import { Command, type Fact, type LiveUnit } from './messages.ts';

/** Frames wait for each other this long, so that one system call carries many (measured: a third of the cost at 10 ms). */
const BATCH_MS = 10;

/** A client on the same machine reads within milliseconds; nobody waits longer for one that does not. */
const GOODBYE_MS = 500;

/** What may wait for one slow client; beyond it, each of its watches loses frames up to the next key frame. */
const MAX_WAITING_BYTES = 16 * MIB;

const commandCheck = TypeCompiler.Compile(Command);

/** One client: control, or a tool that looks. */
export interface LinkPeer {
  send(fact: Fact): void;
  /** False when the client is too slow: skip to the next key frame. */
  sendUnit(unit: LiveUnit): boolean;
}

export interface LinkServerOptions {
  readonly path: string;
  readonly log: Log;
  onConnected(peer: LinkPeer): void;
  onCommand(peer: LinkPeer, command: Command): void;
  onDisconnected(peer: LinkPeer): void;
}

/** The recorder's end of the link. */
export class LinkServer {
  readonly #options: LinkServerOptions;
  readonly #peers = new Map<Socket, LinkPeer>();
  #server: Server | undefined;

  constructor(options: LinkServerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { path } = this.#options;
    if (await isAnswered(path))
      throw new AppError('conflict', `${path}: another recorder is running on this state folder`);
    await unlink(path).catch((error: unknown) => {
      if (errnoCode(error) !== 'ENOENT') throw error;
    });
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path }, resolve);
    });
  }

  /** What was said last still reaches the clients, unless they are too slow. */
  async stop(): Promise<void> {
    const sockets = [...this.#peers.keys()];
    for (const socket of sockets) socket.end();
    const impatience = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, GOODBYE_MS);
    const server = this.#server;
    if (server) await new Promise((resolve) => server.close(resolve));
    clearTimeout(impatience);
  }

  broadcast(fact: Fact): void {
    if (this.#peers.size === 0) return;
    for (const peer of this.#peers.values()) peer.send(fact);
  }

  #serve(socket: Socket): void {
    const { log } = this.#options;
    const peer = peerOf(socket);
    const parser = new FrameParser({
      onJson: (value) => {
        if (commandCheck.Check(value)) this.#options.onCommand(peer, value);
        else rejectCommand(peer, value, log);
      },
      onUnit: () => log.debug({}, 'a client sent media: skipped'),
    });
    this.#peers.set(socket, peer);
    socket.on('data', (chunk: Buffer) => {
      try {
        parser.push(chunk);
      } catch (error) {
        log.error({ error: messageOf(error) }, 'a client of the link sent something that is not understood');
        socket.destroy();
      }
    });
    socket.on('error', (error) => log.debug({ error: error.message }, 'link client'));
    socket.on('close', () => {
      this.#peers.delete(socket);
      this.#options.onDisconnected(peer);
    });
    this.#options.onConnected(peer);
  }
}

/** A plan that does not fit the schema is answered with the first field that is wrong; anything else unknown is skipped. */
function rejectCommand(peer: LinkPeer, value: unknown, log: Log): void {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (kind !== 'set-plan') {
    log.debug({ kind }, 'command of an unknown kind skipped');
    return;
  }
  peer.send({ kind: 'plan-rejected', revision: -1, reason: 'the plan does not fit the schema of this version' });
}

function peerOf(socket: Socket): LinkPeer {
  let isCorked = false;
  const cork = () => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    setTimeout(() => {
      isCorked = false;
      socket.uncork();
    }, BATCH_MS);
  };
  return {
    send: (fact) => {
      if (socket.destroyed) return;
      cork();
      socket.write(encodeJsonFrame(fact));
    },
    sendUnit: (unit) => {
      if (socket.destroyed || socket.writableLength > MAX_WAITING_BYTES) return false;
      cork();
      socket.write(encodeUnitHead(unit));
      socket.write(unit.data);
      return true;
    },
  };
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}
