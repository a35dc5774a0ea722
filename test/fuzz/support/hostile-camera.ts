import type { ByteStream, ByteStreamEvents } from '../../../src/protocols/rtsp/byte-stream.ts';
import type { Carrier } from '../../../src/protocols/rtsp/carrier.ts';
import { inPieces } from './mutations.ts';

/** Answers to whatever is asked, in memory, without a socket: an exception of the client is one of the test. */
export class HostileCamera implements Carrier {
  readonly peer = 'camera';
  readonly #answer: (request: string, count: number) => Buffer;
  readonly #sizes: readonly number[];
  #events: ByteStreamEvents | undefined;
  #isClosed = false;
  #requests = 0;
  #turns: Promise<void> = Promise.resolve();
  /** Of the client, out of the callback that must not throw. */
  failure: unknown;

  /** `sizes`: of the pieces in which everything comes. */
  constructor(answer: (request: string, count: number) => Buffer, sizes: readonly number[]) {
    this.#answer = answer;
    this.#sizes = sizes;
  }

  readonly open = (events: ByteStreamEvents): ByteStream => {
    this.#events = events;
    return {
      descriptor: undefined,
      addresses: undefined,
      open: async () => undefined,
      write: (bytes) => {
        // Receiver reports are not answered.
        if (bytes[0] === 0x24) return;
        const answer = this.#answer(bytes.toString('latin1'), this.#requests++);
        this.#turns = this.#turns.then(() => this.send(answer));
      },
      close: () => {
        this.#isClosed = true;
      },
    };
  };

  async send(bytes: Buffer): Promise<void> {
    for (const piece of inPieces(bytes, this.#sizes)) {
      if (this.#isClosed) return;
      try {
        this.#events?.onBytes(Buffer.from(piece), piece.length);
      } catch (error) {
        this.failure ??= error;
      }
      await Promise.resolve();
    }
  }

  /** All that was asked so far is answered. */
  async settled(): Promise<void> {
    await this.#turns;
  }
}
