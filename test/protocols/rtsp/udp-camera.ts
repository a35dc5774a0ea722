import { createSocket, type Socket } from 'node:dgram';
import { headerOf, type RtspRequest } from '../../../src/protocols/rtsp/message.ts';
import { h264Payloads, rtpPacket } from '../../media/rtp/rtp-packets.ts';
import { type Answer, type CameraCall, type Script, ScriptedCamera, usualAnswer } from './scripted-camera.ts';

export interface UdpCameraOptions {
  /** What SETUP is granted; all else is answered 461. */
  readonly transport?: 'any' | 'tcp' | 'udp';
  /** `Transport` of the answer to a SETUP for datagrams, where it is not the usual one. */
  readonly answer?: (ports: { client: string; rtp: number; rtcp: number }) => string;
  /** Overrides single answers. */
  readonly script?: Script;
  /** After PLAY was answered. */
  readonly onPlay?: (camera: UdpCamera, call: CameraCall) => void;
}

/** A camera with one track that sends datagrams, or inside of the connection, as SETUP asks. */
export class UdpCamera {
  readonly #options: UdpCameraOptions;
  readonly #rtsp: ScriptedCamera;
  readonly #rtp = createSocket('udp4');
  readonly #rtcp = createSocket('udp4');
  #clientPort = 0;
  #sequence = 65_530;

  /** What came to the two ports. */
  readonly rtpReceived: Buffer[] = [];
  readonly rtcpReceived: Buffer[] = [];

  constructor(options: UdpCameraOptions = {}) {
    this.#options = options;
    this.#rtsp = new ScriptedCamera((request, call) => this.#answer(request, call));
    this.#rtp.on('message', (bytes) => this.rtpReceived.push(bytes));
    this.#rtcp.on('message', (bytes) => this.rtcpReceived.push(bytes));
  }

  async start(): Promise<this> {
    await bind(this.#rtp);
    await bind(this.#rtcp);
    await this.#rtsp.start();
    return this;
  }

  async stop(): Promise<void> {
    this.#rtp.close();
    this.#rtcp.close();
    await this.#rtsp.stop();
  }

  get url(): string {
    return this.#rtsp.url;
  }

  get connections(): number {
    return this.#rtsp.connections;
  }

  /** `SETUP RTP/AVP;unicast;client_port=…` of the transport that was asked for; other methods by their name. */
  get requests(): string[] {
    return this.#rtsp.requests.map((request) => {
      const transport = headerOf(request, 'Transport');
      return transport === undefined ? request.method : `SETUP ${transport.replace(/;.*/, '')}`;
    });
  }

  /** Packets of a picture, in order. */
  picture(time: number, nals: readonly Buffer[], maxBytes = 1400): Buffer[] {
    const payloads = nals.flatMap((nal) => h264Payloads(nal, maxBytes));
    return payloads.map((payload, i) =>
      rtpPacket({ sequence: this.#sequence++, timestamp: time, marker: i === payloads.length - 1, payload }),
    );
  }

  /** As datagrams, one after the other. */
  async send(...packets: Buffer[]): Promise<void> {
    for (const packet of packets) await sendTo(this.#rtp, packet, this.#clientPort);
  }

  async sendRtcp(packet: Buffer): Promise<void> {
    await sendTo(this.#rtcp, packet, this.#clientPort + 1);
  }

  /** From an address that is not the camera's. */
  async sendFrom(address: string, packet: Buffer): Promise<void> {
    const socket = createSocket('udp4');
    await bind(socket, address);
    await sendTo(socket, packet, this.#clientPort);
    socket.close();
  }

  cutConnections(): void {
    this.#rtsp.cutConnections();
  }

  #answer(request: RtspRequest, call: CameraCall): Answer {
    const scripted = this.#options.script?.(request, call);
    if (scripted !== undefined) return scripted;
    if (request.method === 'SETUP') return this.#setUp(request);
    const usual = usualAnswer(request);
    if (request.method !== 'PLAY') return usual;
    return { ...usual, afterwards: () => this.#options.onPlay?.(this, call) };
  }

  #setUp(request: RtspRequest): Answer {
    const { transport = 'any', answer } = this.#options;
    const asked = headerOf(request, 'Transport') ?? '';
    const client = /client_port=(\d+-\d+)/.exec(asked)?.[1];
    const isGranted = transport === 'any' || (transport === 'udp') === (client !== undefined);
    if (!isGranted) return { status: 461 };
    if (client === undefined) return usualAnswer(request);
    this.#clientPort = Number.parseInt(client, 10);
    const [rtp, rtcp] = [this.#rtp.address().port, this.#rtcp.address().port];
    const value = answer?.({ client, rtp, rtcp }) ?? `RTP/AVP;unicast;client_port=${client};server_port=${rtp}-${rtcp}`;
    return {
      headers: [
        ['Transport', value],
        ['Session', '7f3a;timeout=60'],
      ],
    };
  }
}

async function bind(socket: Socket, address = '127.0.0.1'): Promise<void> {
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
}

/** Resolves when the kernel has it, so that the next one comes behind it. */
async function sendTo(socket: Socket, packet: Buffer, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.send(packet, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
  });
}
