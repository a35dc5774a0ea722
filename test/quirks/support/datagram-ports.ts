import { createSocket, type Socket } from 'node:dgram';

/** The pair of ports from which a camera sends RTP and RTCP as datagrams. */
export class DatagramPorts {
  readonly #rtp = createSocket('udp4');
  readonly #rtcp = createSocket('udp4');
  #hasHeard = false;
  #onHeard: (() => void) | undefined;

  async start(): Promise<void> {
    for (const socket of [this.#rtp, this.#rtcp]) {
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    }
    this.#rtp.on('message', () => {
      this.#hasHeard = true;
      this.#onHeard?.();
    });
  }

  /** `6000-6001`, as SETUP names them. */
  get numbers(): string {
    return `${this.#rtp.address().port}-${this.#rtcp.address().port}`;
  }

  /** Until something has come to the port of RTP: a firewall between would let nothing through before. */
  async untilHeard(): Promise<void> {
    if (this.#hasHeard) return;
    await new Promise<void>((resolve) => {
      this.#onHeard = resolve;
    });
  }

  /** Resolves when the kernel has it. */
  async send(packet: Buffer, clientPort: number): Promise<void> {
    await sendTo(this.#rtp, packet, clientPort);
  }

  async stop(): Promise<void> {
    for (const socket of [this.#rtp, this.#rtcp]) await new Promise<void>((resolve) => socket.close(resolve));
  }
}

async function sendTo(socket: Socket, packet: Buffer, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.send(packet, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
  });
}
