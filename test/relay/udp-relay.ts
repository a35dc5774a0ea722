import type { Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { openPortPair, type PortPair } from '../sim/transport/port-pair.ts';
import { DelayLine } from './delay-line.ts';
import { Impairment, type ImpairmentOptions } from './impairment.ts';
import { PacketLog } from './packet-log.ts';
import { MessageCutter, SetupRewriter } from './setup-rewriter.ts';

export interface UdpRelay {
  /** In place of the camera's. */
  readonly url: string;
  /** What was done to RTP, over all sessions. */
  readonly log: PacketLog;
  /** From now on; undefined: everything passes at once. */
  setImpairment(options: ImpairmentOptions | undefined): void;
  close(): Promise<void>;
}

/**
 * A bad network between a camera and one that receives it over UDP. RTSP passes untouched but for the ports in SETUP; what the camera sends
 * to the relay's ports goes on, late, out of order or not at all. What the receiver sends (reports, hole punches) passes at once.
 *
 *     receiver ── RTSP, ports of the relay ──▶ relay ── RTSP, other ports of the relay ──▶ camera
 *     receiver ◀── impaired ────────────────── relay ◀──────────────────────────────────── camera
 */
export async function startUdpRelay(
  cameraUrl: string,
  address: string,
  options?: ImpairmentOptions,
): Promise<UdpRelay> {
  const camera = new URL(cameraUrl);
  const log = new PacketLog();
  const sockets = new Set<Socket>();
  const network = { impairment: options && new Impairment(options) };
  const server = createServer((client) => {
    const upstream = connect({ port: Number(camera.port), host: camera.hostname, localAddress: address });
    const ways = new Ways({
      address,
      cameraAddress: camera.hostname,
      clientAddress: client.remoteAddress!,
      log,
      network,
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined); // 'close' follows
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
        ways.close();
      });
    }
    passRtsp(client, upstream, new SetupRewriter(ways));
  });
  await listen(server, address);
  const { port } = server.address() as { port: number };
  return {
    url: `rtsp://${address}:${port}${camera.pathname}`,
    log,
    setImpairment(changed) {
      network.impairment = changed && new Impairment(changed);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface WaysInput {
  /** The relay's, on both sides: datagrams go to whom the connection comes from. */
  readonly address: string;
  readonly cameraAddress: string;
  readonly clientAddress: string;
  readonly log: PacketLog;
  readonly network: { impairment: Impairment | undefined };
}

/** The ports of one connection's tracks, on both sides. */
class Ways {
  readonly #input: WaysInput;
  /** Each with the client's ports: to the camera, and to the client. */
  readonly #pairs = new Map<number, { camera: PortPair; client: PortPair }>();
  readonly #line = new DelayLine();

  constructor(input: WaysInput) {
    this.#input = input;
  }

  async towardsCamera([rtp, rtcp]: readonly [number, number]): Promise<readonly [number, number]> {
    const { address, clientAddress, log } = this.#input;
    const camera = await openPortPair(address);
    const client = await openPortPair(address);
    this.#pairs.set(rtp, { camera, client });
    const forward = (
      from: UdpSocket,
      to: UdpSocket,
      port: number,
      note: (packet: Buffer, isDropped: boolean) => void,
    ) => from.on('message', (packet) => this.#impair(packet, note, () => to.send(packet, port, clientAddress)));
    forward(camera.rtp, client.rtp, rtp, (packet, isDropped) => log.note(packet, isDropped));
    forward(camera.rtcp, client.rtcp, rtcp, () => undefined);
    return [camera.rtpPort, camera.rtpPort + 1];
  }

  towardsClient(
    serverPorts: readonly [number, number],
    clientPorts: readonly [number, number],
  ): readonly [number, number] {
    const { cameraAddress } = this.#input;
    const pair = this.#pairs.get(clientPorts[0])!;
    pair.client.rtp.on('message', (packet) => pair.camera.rtp.send(packet, serverPorts[0], cameraAddress));
    pair.client.rtcp.on('message', (packet) => pair.camera.rtcp.send(packet, serverPorts[1], cameraAddress));
    return [pair.client.rtpPort, pair.client.rtpPort + 1];
  }

  close(): void {
    this.#line.stop();
    for (const { camera, client } of this.#pairs.values()) {
      camera.close();
      client.close();
    }
    this.#pairs.clear();
  }

  #impair(packet: Buffer, note: (packet: Buffer, isDropped: boolean) => void, pass: () => void): void {
    const nowMs = performance.now();
    const fate = this.#input.network.impairment?.decide(nowMs);
    note(packet, fate?.isDropped ?? false);
    if (!fate) this.#line.add(nowMs, pass);
    else if (!fate.isDropped) this.#line.add(fate.dueMs, pass);
  }
}

function passRtsp(client: Socket, upstream: Socket, rewriter: SetupRewriter): void {
  const [requests, responses] = [new MessageCutter(), new MessageCutter()];
  let sending = Promise.resolve();
  client.on('data', (chunk) => {
    for (const { head, body } of requests.push(chunk)) {
      sending = sending.then(async () => write(upstream, await rewriter.request(head), body));
    }
  });
  upstream.on('data', (chunk) => {
    for (const { head, body } of responses.push(chunk)) write(client, rewriter.response(head), body);
  });
}

function write(socket: Socket, head: string, body: Buffer): void {
  if (!socket.destroyed) socket.write(Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body]));
}

async function listen(server: Server, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
}
