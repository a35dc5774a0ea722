import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { assertNever } from '../../../src/base/assert.ts';
import type { ManualClock } from '../../../src/base/clock.ts';
import {
  encodeRequest,
  encodeResponse,
  headerOf,
  INTERLEAVED_MARK,
  type RtspRequest,
} from '../../../src/protocols/rtsp/message.ts';
import { StreamFramer } from '../../../src/protocols/rtsp/stream-framer.ts';
import { ByteWriter, type Cuts } from './byte-writer.ts';
import { DatagramPorts } from './datagram-ports.ts';
import { type Act, type Answer, type CameraScript, isForDatagrams, type Part, usualAnswer } from './script.ts';

export interface QuirkCameraOptions {
  readonly script: CameraScript;
  readonly clock: ManualClock;
  readonly cuts: Cuts;
  /** What the client has read of its present connection. */
  readonly bytesRead: () => number;
}

/**
 * A camera for one run of one case, on a real socket. Whatever it sends is cut where the run wants it, and each piece waits until the
 * client has read the one before: so the cuts are those that the client sees.
 */
export class QuirkCamera {
  readonly #options: QuirkCameraOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #writer: ByteWriter;
  readonly #ports: DatagramPorts | undefined;
  #clientPort = 0;
  #turn: Promise<void> = Promise.resolve();
  readonly #attempts = new Map<string, number>();
  #read = '';
  #failure: unknown;

  readonly requests: RtspRequest[] = [];
  /** Status codes that the client answered to questions of the camera. */
  readonly answers: number[] = [];
  connections = 0;
  /** Inside of connections. */
  framesReceived = 0;

  constructor(options: QuirkCameraOptions) {
    this.#options = options;
    this.#writer = new ByteWriter(options.cuts, options.bytesRead);
    this.#server = createServer((socket) => this.#serve(socket));
    if (options.script.hasDatagrams) this.#ports = new DatagramPorts();
  }

  /** The requests of the client, byte for byte: some cameras look at the case of names. */
  get text(): string {
    return withoutFrames(this.#read);
  }

  get url(): string {
    return `rtsp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/live`;
  }

  /** Where its messages and packets begin and end, counted over all that it sent. */
  get boundaries(): readonly number[] {
    return this.#writer.boundaries;
  }

  async start(): Promise<this> {
    await this.#ports?.start();
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#turn;
    await this.#ports?.stop();
  }

  /** All that it had to send for what it was asked so far was sent and read. */
  async settled(): Promise<void> {
    await this.#turn;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined); // clients cut connections on purpose
    const readBefore = this.#options.bytesRead();
    let requests = 0;
    const framer = new StreamFramer({
      onFrame: () => {
        this.framesReceived++;
      },
      onMessage: (message) => {
        if (message.kind === 'response') this.answers.push(message.status);
        else if (requests++ === 0 && message.method === 'TEARDOWN') this.#acceptGoodbye(message, socket);
        else this.#queueAnswer(message, socket, readBefore);
      },
    });
    socket.on('data', (chunk) => {
      this.#read += chunk.toString('latin1');
      framer.feed(chunk);
    });
  }

  /** Over a connection that was made for nothing else: of those the client does not say what it has read, so that nothing can be cut. */
  #acceptGoodbye(request: RtspRequest, socket: Socket): void {
    this.requests.push(request);
    socket.write(encodeAnswer({}, request));
  }

  /** One turn after the other, as a camera would: a question that comes while packets are sent waits. */
  #queueAnswer(request: RtspRequest, socket: Socket, readBefore: number): void {
    this.requests.push(request);
    const attempt = (this.#attempts.get(request.method) ?? 0) + 1;
    this.#attempts.set(request.method, attempt);
    const turn = async () => {
      const answer = this.#answerTo(request, attempt);
      const parts: Part[] = [...(answer.before ?? [])];
      if (!answer.isSilent) parts.push(answer.raw ?? encodeAnswer(answer, request));
      parts.push(...(answer.after ?? []));
      const isPlaying = request.method === 'PLAY' && (answer.status ?? 200) === 200;
      if (isPlaying) parts.push(...(this.#options.script.media ?? []));
      await this.#send(parts, socket, readBefore);
    };
    this.#turn = this.#turn.then(turn).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #answerTo(request: RtspRequest, attempt: number): Answer {
    const { script } = this.#options;
    if (isForDatagrams(request))
      this.#clientPort = Number(/client_port=(\d+)/.exec(headerOf(request, 'Transport')!)![1]);
    const refusal = script.guard?.(request, attempt, this.url);
    if (refusal !== undefined) return refusal;
    const own = script.answers?.[request.method];
    const answer = typeof own === 'function' ? own(request, attempt, this.url) : own;
    return answer ?? usualAnswer(request, script, this.#ports?.numbers);
  }

  async #send(parts: readonly Part[], socket: Socket, readBefore: number): Promise<void> {
    let together: Buffer[] = [];
    const flush = async () => {
      await this.#writer.write(socket, together, readBefore);
      together = [];
    };
    for (const part of parts.flat()) {
      if (Buffer.isBuffer(part)) {
        together.push(part);
        continue;
      }
      await flush();
      await this.#perform(part, socket, readBefore);
    }
    await flush();
  }

  async #perform(act: Act, socket: Socket, readBefore: number): Promise<void> {
    switch (act.act) {
      case 'wait':
        await this.#options.clock.advance(act.ms);
        return;
      case 'close':
        socket.end();
        return;
      case 'await-datagram':
        await this.#ports?.untilHeard();
        return;
      case 'send-datagrams':
        for (const packet of act.packets) {
          await this.#ports?.send(packet, this.#clientPort);
          await this.#writer.untilRead(socket, packet.length, readBefore);
        }
        return;
      default:
        assertNever(act);
    }
  }
}

function encodeAnswer(answer: Answer, request: RtspRequest): Buffer {
  const sequence = headerOf(request, 'CSeq') ?? '';
  const status = answer.status ?? 200;
  const body = Buffer.from(answer.body ?? '');
  const headers = [['CSeq', sequence] as const, ...(answer.headers ?? [])];
  return encodeResponse({ status, reason: status === 200 ? 'OK' : `Reason ${status}`, headers, body });
}

/** A question of the camera to its client. */
export function question(method: string, sequence: number): Buffer {
  return encodeRequest({ method, url: '*', headers: [['CSeq', String(sequence)]] });
}

/** Receiver reports stand between requests, which have no bodies. */
function withoutFrames(text: string): string {
  let requests = '';
  for (let at = 0; at < text.length; ) {
    const isFrame = text.charCodeAt(at) === INTERLEAVED_MARK;
    const end = isFrame ? at + 4 + text.charCodeAt(at + 2) * 256 + text.charCodeAt(at + 3) : endOfHeaders(text, at);
    if (!isFrame) requests += text.slice(at, end);
    at = end;
  }
  return requests;
}

function endOfHeaders(text: string, start: number): number {
  const emptyLine = text.indexOf('\r\n\r\n', start);
  return emptyLine === -1 ? text.length : emptyLine + 4;
}
