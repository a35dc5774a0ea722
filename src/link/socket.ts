import { connect, type Socket } from 'node:net';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { encodeJsonFrame, FrameParser } from './frames.ts';
import { type Command, Fact, LINK_VERSION, type LiveUnit } from './messages.ts';

/** The recorder starts within a second; control should see it hardly later. */
const RECONNECT_MS = 250;

const factCheck = TypeCompiler.Compile(Fact);

export interface LinkClientOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  onFact(fact: Fact): void;
  onUnit(unit: LiveUnit): void;
  onConnected(): void;
  onDisconnected(): void;
}

export interface LinkClient {
  start(): void;
  stop(): void;
  /** False when not connected: the message is not kept. */
  send(command: Command): boolean;
  readonly isConnected: boolean;
}

/** Control's end of the link. Connects again whenever the recorder comes back. */
export function connectLink(options: LinkClientOptions): LinkClient {
  const { path, clock, log } = options;
  const stopping = new AbortController();
  let socket: Socket | undefined;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await runOnce();
      try {
        await clock.sleep(RECONNECT_MS, stopping.signal);
      } catch {
        return; // stopped
      }
    }
  }

  /** One connection, from connecting to its end. */
  function runOnce(): Promise<void> {
    return new Promise((resolve) => {
      const current = connect({ path });
      const parser = new FrameParser({ onJson: handleJson, onUnit: options.onUnit });
      let wasConnected = false;
      current.on('connect', () => {
        wasConnected = true;
        socket = current;
        current.write(encodeJsonFrame({ kind: 'hello', version: LINK_VERSION } satisfies Command));
        options.onConnected();
      });
      current.on('data', (chunk: Buffer) => {
        try {
          parser.push(chunk);
        } catch (error) {
          log.error({ error: messageOf(error) }, 'the recorder sent something that is not understood; connecting anew');
          current.destroy();
        }
      });
      current.on('error', (error) => log.debug({ error: error.message }, 'link to the recorder'));
      current.on('close', () => {
        socket = undefined;
        if (wasConnected) options.onDisconnected();
        resolve();
      });
    });
  }

  function handleJson(value: unknown): void {
    if (factCheck.Check(value)) options.onFact(value);
    else log.debug({ value }, 'fact of an unknown kind skipped');
  }

  return {
    start: () => void run(),
    stop: () => {
      stopping.abort();
      socket?.destroy();
    },
    send: (command) => {
      if (socket === undefined) return false;
      socket.write(encodeJsonFrame(command));
      return true;
    },
    get isConnected() {
      return socket !== undefined;
    },
  };
}
