import type { AppError } from '../../base/errors.ts';

/** What a session with a camera reads and writes, however the bytes get there: a socket, an encrypted one, an HTTP tunnel. Lives once. */
export interface ByteStream {
  /** Rejects with an AppError that names the camera; nothing is left open then. */
  open(): Promise<void>;
  write(bytes: Buffer): void;
  /** Of the socket that is read, while there is one. */
  readonly descriptor: number | undefined;
  /** Of the ends of that socket, for media that come beside it. */
  readonly addresses?: StreamAddresses | undefined;
  /** Nothing is reported afterwards; an `open()` that waits rejects. */
  close(): void;
}

export interface StreamAddresses {
  readonly localAddress: string;
  readonly cameraAddress: string;
}

export interface ByteStreamEvents {
  /** `bytes[0, length)`, which are used again after the call. */
  onBytes(bytes: Buffer, length: number): void;
  /** Once, when a stream that was open ends otherwise than by `close()`. */
  onLost(error: AppError): void;
}
