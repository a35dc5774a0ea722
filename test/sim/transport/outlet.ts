/** The way back to a client on which RTSP answers go, and packets too when they are interleaved: a socket, or a tunnel. */
export interface Wire {
  write(bytes: Buffer): void;
  /** Written, and not yet taken by the kernel. */
  readonly backlogBytes: number;
}

/**
 * Where the packets of one track go. They come as they lie on an interleaved connection (see packets.ts): each piece holds whole
 * packets, one after another, or garbage that a fault has made.
 */
export interface TrackOutlet {
  send(pieces: readonly Buffer[]): void;
  /** RTCP, one packet, in the same form. */
  sendReport(report: Buffer): void;
  readonly backlogBytes: number;
  /** Whatever is sent arrives in order. */
  readonly keepsOrder: boolean;
  /** The camera has answered SETUP and sends nothing, as behind a firewall. */
  readonly isMuted: boolean;
  close(): void;
}

/** Packets inside the RTSP connection (RFC 2326, 10.12). */
export class InterleavedOutlet implements TrackOutlet {
  readonly isMuted = false;
  readonly keepsOrder = true;
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get backlogBytes(): number {
    return this.#wire.backlogBytes;
  }

  /** One write a frame: a system call for each packet would cost the most of all that the simulator does. */
  send(pieces: readonly Buffer[]): void {
    if (pieces.length > 0) this.#wire.write(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  }

  sendReport(report: Buffer): void {
    this.#wire.write(report);
  }

  close(): void {
    // The connection lives on: the client may set up another session on it.
  }
}
