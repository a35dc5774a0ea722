/*
 * Puts a relay's own ports into the SETUPs of an RTSP connection and their answers, so that datagrams go through it. All else passes as it
 * came: addresses too, since cameras answer with the one that they were asked by.
 */
export interface PortRelay {
  /** The client listens on these; returns the relay's ports that the camera is to send to. */
  towardsCamera(clientPorts: readonly [number, number]): Promise<readonly [number, number]>;
  /** The camera listens on these; returns the relay's ports that the client is to send to. */
  towardsClient(
    serverPorts: readonly [number, number],
    clientPorts: readonly [number, number],
  ): readonly [number, number];
}

/** One direction of the connection, cut into messages. */
export class MessageCutter {
  #pending: Buffer = Buffer.alloc(0);

  /** Whole messages with their bodies. Interleaved packets are none: a relay of datagrams does not meet them. */
  push(chunk: Buffer): { head: string; body: Buffer }[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const messages: { head: string; body: Buffer }[] = [];
    for (;;) {
      const headBytes = this.#pending.indexOf('\r\n\r\n');
      if (headBytes < 0) return messages;
      const head = this.#pending.toString('latin1', 0, headBytes);
      const end = headBytes + 4 + Number(headerIn(head, 'content-length') ?? 0);
      if (this.#pending.length < end) return messages;
      messages.push({ head, body: this.#pending.subarray(headBytes + 4, end) });
      this.#pending = this.#pending.subarray(end);
    }
  }
}

/** Follows which answer belongs to which SETUP. */
export class SetupRewriter {
  readonly #relay: PortRelay;
  /** By CSeq, what the client has asked for. */
  readonly #asked = new Map<string, readonly [number, number]>();

  constructor(relay: PortRelay) {
    this.#relay = relay;
  }

  async request(head: string): Promise<string> {
    const ports = head.startsWith('SETUP ') ? portsIn(head, 'client_port') : undefined;
    if (!ports) return head;
    this.#asked.set(headerIn(head, 'cseq') ?? '', ports);
    return withPorts(head, 'client_port', await this.#relay.towardsCamera(ports));
  }

  response(head: string): string {
    const cseq = headerIn(head, 'cseq') ?? '';
    const asked = this.#asked.get(cseq);
    if (!asked) return head;
    this.#asked.delete(cseq);
    const serverPorts = portsIn(head, 'server_port');
    const answered = withPorts(head, 'client_port', asked);
    return serverPorts ? withPorts(answered, 'server_port', this.#relay.towardsClient(serverPorts, asked)) : answered;
  }
}

function headerIn(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((candidate) => candidate.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

function portsIn(head: string, name: string): [number, number] | undefined {
  const match = new RegExp(`${name}=(\\d+)-(\\d+)`).exec(head);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function withPorts(head: string, name: string, ports: readonly [number, number]): string {
  return head.replace(new RegExp(`${name}=\\d+-\\d+`), `${name}=${ports[0]}-${ports[1]}`);
}
