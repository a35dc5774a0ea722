import type { Socket } from 'node:net';

/** Whether the stream is cut in front of its byte `offset`. */
export type Cuts = (offset: number) => boolean;

/** Of real time: longer than any client takes for a piece, shorter than the test runner waits for a test. */
const MAX_WAIT_MS = 5000;

/** Writes to a client in pieces, each when the one before was read. */
export class ByteWriter {
  readonly #cuts: Cuts;
  readonly #bytesRead: () => number;
  #offset = 0;
  /** By connection. */
  readonly #sent = new Map<Socket, number>();
  readonly boundaries: number[] = [0];

  constructor(cuts: Cuts, bytesRead: () => number) {
    this.#cuts = cuts;
    this.#bytesRead = bytesRead;
  }

  /** `readBefore` is what had been read when the connection began. */
  async write(socket: Socket, parts: readonly Buffer[], readBefore: number): Promise<void> {
    const base = this.#offset;
    for (const part of parts) this.boundaries.push(this.boundaries.at(-1)! + part.length);
    const bytes = Buffer.concat(parts);
    this.#offset += bytes.length;
    for (let from = 0, at = 1; at <= bytes.length; at++) {
      if (at < bytes.length && !this.#cuts(base + at)) continue;
      if (!socket.writable) return;
      socket.write(bytes.subarray(from, at));
      await this.untilRead(socket, at - from, readBefore);
      from = at;
    }
  }

  /** So many bytes more were sent, in the connection or beside it. */
  async untilRead(socket: Socket, moreBytes: number, readBefore: number): Promise<void> {
    const sent = (this.#sent.get(socket) ?? readBefore) + moreBytes;
    this.#sent.set(socket, sent);
    await this.#untilRead(sent, socket);
  }

  async #untilRead(bytes: number, socket: Socket): Promise<void> {
    const startMs = performance.now();
    while (this.#bytesRead() < bytes && !socket.destroyed) {
      if (performance.now() - startMs > MAX_WAIT_MS)
        throw new Error(`the client has read ${this.#bytesRead()} of ${bytes} bytes`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
