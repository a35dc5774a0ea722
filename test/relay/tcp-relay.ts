import { connect, createServer, type Socket } from 'node:net';
import { seededRandom } from '../seeded.ts';

export interface TcpRelayOptions {
  readonly bytesPerSecond: number;
  /** Nothing passes for a while, now and then; the same times for the same seed. */
  readonly stalls?: { readonly everyMs: number; readonly maxMs: number; readonly seed: number } | undefined;
}

export interface TcpRelay {
  /** In place of the camera's. */
  readonly url: string;
  /** How often and how long it stood still. */
  readonly stalls: { readonly count: number; readonly longestMs: number; readonly totalMs: number };
  /** From now on everything passes at once. */
  open(): void;
  close(): Promise<void>;
}

const TICK_MS = 5;
/** What a switch or a slow bridge holds. More stays with the sender, who then sees that the way is slow. */
const MAX_HELD_BYTES = 64 * 1024;

/** A slow and uneven way between a camera and one that receives it over TCP: not a byte is lost, the way TCP has it. */
export async function startTcpRelay(cameraUrl: string, address: string, options: TcpRelayOptions): Promise<TcpRelay> {
  const camera = new URL(cameraUrl);
  const sockets = new Set<Socket>();
  const stalls = new Stalls(options.stalls);
  const limit = { bytesPerSecond: options.bytesPerSecond };
  const server = createServer((client) => {
    const upstream = connect(Number(camera.port), camera.hostname);
    const pipe = new SlowPipe(upstream, client, limit, stalls);
    client.on('data', (chunk) => upstream.write(chunk));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // 'close' follows
      socket.on('close', () => {
        sockets.delete(socket);
        pipe.stop();
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    url: `rtsp://${address}:${port}${camera.pathname}`,
    stalls,
    open() {
      limit.bytesPerSecond = Number.POSITIVE_INFINITY;
      stalls.end();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** From one socket to another, no faster than a rate. */
class SlowPipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #limit: { bytesPerSecond: number };
  readonly #stalls: Stalls;
  readonly #ticker: NodeJS.Timeout;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #creditBytes = 0;
  #lastMs = performance.now();

  constructor(from: Socket, to: Socket, limit: { bytesPerSecond: number }, stalls: Stalls) {
    this.#from = from;
    this.#to = to;
    this.#limit = limit;
    this.#stalls = stalls;
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    from.on('data', (chunk) => {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes > MAX_HELD_BYTES) from.pause();
    });
  }

  stop(): void {
    clearInterval(this.#ticker);
  }

  #tick(): void {
    const nowMs = performance.now();
    const isStalled = this.#stalls.isOn(nowMs);
    // No credit is saved up while nothing passes or nothing waits: the rate is a limit, not an average.
    const canPass = !isStalled && this.#heldBytes > 0 && !this.#to.writableNeedDrain;
    this.#creditBytes = canPass ? this.#creditBytes + ((nowMs - this.#lastMs) / 1000) * this.#limit.bytesPerSecond : 0;
    this.#lastMs = nowMs;
    if (this.#creditBytes < 1) return;
    const all = Buffer.concat(this.#held);
    const passing = all.subarray(0, Math.min(all.length, Math.floor(this.#creditBytes)));
    this.#to.write(passing);
    this.#creditBytes -= passing.length;
    this.#heldBytes -= passing.length;
    this.#held = this.#heldBytes > 0 ? [all.subarray(passing.length)] : [];
    if (this.#heldBytes < MAX_HELD_BYTES) this.#from.resume();
  }
}

/** Times at which nothing passes: one in each period, somewhere in it, of any length up to the longest. */
class Stalls {
  #options: TcpRelayOptions['stalls'];
  readonly #random: () => number;
  #periodEndMs = 0;
  #fromMs = 0;
  #toMs = 0;
  count = 0;
  longestMs = 0;
  totalMs = 0;

  constructor(options: TcpRelayOptions['stalls']) {
    this.#options = options;
    this.#random = seededRandom(options?.seed ?? 0);
  }

  end(): void {
    this.#options = undefined;
  }

  isOn(nowMs: number): boolean {
    if (!this.#options) return false;
    if (nowMs >= this.#periodEndMs) this.#plan(nowMs, this.#options);
    return nowMs >= this.#fromMs && nowMs < this.#toMs;
  }

  #plan(nowMs: number, { everyMs, maxMs }: NonNullable<TcpRelayOptions['stalls']>): void {
    const lengthMs = this.#random() * maxMs;
    this.#periodEndMs = nowMs + everyMs;
    this.#fromMs = nowMs + this.#random() * (everyMs - lengthMs);
    this.#toMs = this.#fromMs + lengthMs;
    this.count++;
    this.longestMs = Math.max(this.longestMs, lengthMs);
    this.totalMs += lengthMs;
  }
}
