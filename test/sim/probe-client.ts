import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AppError } from '../../src/base/errors.ts';

/** The least of an RTSP client that shows what a simulated camera sends; for the simulator's own tests and for measuring its cost. */
export interface ProbeReply {
  readonly status: number;
  /** Names in lower case; the last one wins. */
  readonly headers: ReadonlyMap<string, string>;
  /** All of `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  readonly body: string;
}

export interface ProbePacket {
  readonly channel: number;
  /** RTP or RTCP. */
  readonly bytes: Buffer;
}

export interface ProbeOptions {
  /** Default true. */
  keepsPackets?: boolean;
  /** Through HTTP: one connection for what the camera says, one for what we say. */
  isTunnelled?: boolean;
}

/** Keeps what arrives unless told to count it only. */
export class ProbeClient {
  readonly packets: ProbePacket[] = [];
  /** Between packets, where nothing belongs. */
  strayBytes = 0;
  receivedBytes = 0;
  isClosed = false;
  readonly #url: string;
  readonly #socket: Socket;
  readonly #upstream: Socket | undefined;
  readonly #keepsPackets: boolean;
  #pending: Buffer = Buffer.alloc(0);
  #cseq = 0;
  #session: string | undefined;
  #isPlaying = false;
  #onReply: ((reply: ProbeReply) => void) | undefined;
  #onClosed: (() => void)[] = [];

  private constructor(url: string, sockets: { socket: Socket; upstream: Socket | undefined }, keepsPackets: boolean) {
    this.#url = url;
    this.#socket = sockets.socket;
    this.#upstream = sockets.upstream;
    this.#keepsPackets = keepsPackets;
    const { socket } = sockets;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      this.isClosed = true;
      for (const tell of this.#onClosed) tell();
    });
  }

  static async open(url: string, options: ProbeOptions = {}): Promise<ProbeClient> {
    const socket = await connectTo(url);
    const upstream = options.isTunnelled ? await openTunnel(url, socket) : undefined;
    return new ProbeClient(url, { socket, upstream }, options.keepsPackets ?? true);
  }

  /** SHA-256 of what the camera has shown, in lower case; undefined without TLS. */
  get certificate(): string | undefined {
    if (!('getPeerCertificate' in this.#socket)) return undefined;
    const { fingerprint256 } = (this.#socket as TLSSocket).getPeerCertificate();
    return fingerprint256.replaceAll(':', '').toLowerCase();
  }

  /** `path` is appended to the address. Rejects when the connection ends first. */
  async request(method: string, path = '', headers: Readonly<Record<string, string>> = {}): Promise<ProbeReply> {
    const lines = [`${method} ${this.#url}${path} RTSP/1.0`, `CSeq: ${++this.#cseq}`];
    if (this.#session) lines.push(`Session: ${this.#session}`);
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    const reply = await new Promise<ProbeReply>((resolve, reject) => {
      this.#onReply = resolve;
      this.#onClosed.push(() => reject(new AppError('unreachable', `connection closed during ${method}`)));
      const text = `${lines.join('\r\n')}\r\n\r\n`;
      if (this.#upstream) this.#upstream.write(Buffer.from(text).toString('base64'));
      else this.#socket.write(text);
    });
    this.#session ??= reply.headers.get('session')?.split(';')[0];
    return reply;
  }

  /** Sets up the tracks and plays: picture on channel 0, sound on channel 2. */
  async play(tracks = 1): Promise<ProbeReply> {
    for (let track = 0; track < tracks; track++) {
      const transport = `RTP/AVP/TCP;unicast;interleaved=${track * 2}-${track * 2 + 1}`;
      const reply = await this.request('SETUP', `/trackID=${track}`, { Transport: transport });
      if (reply.status !== 200) throw new AppError('protocol', `SETUP answered ${reply.status}`);
    }
    const reply = await this.request('PLAY');
    if (reply.status === 200 && !this.#keepsPackets) this.#isPlaying = true;
    return reply;
  }

  /** Stops reading, as a client that hangs does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
    this.#upstream?.destroy();
  }

  #read(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    if (this.#isPlaying) return; // drains only
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0 && this.#take());
  }

  #take(): boolean {
    if (this.#pending[0] === 0x24) {
      if (this.#pending.length < 4) return false;
      const end = 4 + this.#pending.readUInt16BE(2);
      if (this.#pending.length < end) return false;
      this.packets.push({ channel: this.#pending[1]!, bytes: this.#pending.subarray(4, end) });
      this.#pending = this.#pending.subarray(end);
      return true;
    }
    if (this.#pending[0] !== 0x52) {
      this.strayBytes++;
      this.#pending = this.#pending.subarray(1);
      return true;
    }
    return this.#takeReply();
  }

  #takeReply(): boolean {
    const headEnd = this.#pending.indexOf('\r\n\r\n');
    if (headEnd < 0) return false;
    const [start, ...lines] = this.#pending.toString('latin1', 0, headEnd).split('\r\n');
    const pairs = lines.map(
      (line) => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
    );
    const headers = new Map(pairs);
    const end = headEnd + 4 + Number(headers.get('content-length') ?? 0);
    if (this.#pending.length < end) return false;
    const body = this.#pending.toString('utf8', headEnd + 4, end);
    this.#pending = this.#pending.subarray(end);
    const challenges = pairs.filter(([name]) => name === 'www-authenticate').map(([, value]) => value);
    this.#onReply?.({ status: Number(start!.split(' ')[1]), headers, challenges, body });
    return true;
  }
}

async function connectTo(url: string): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url);
  const isEncrypted = protocol === 'rtsps:';
  const socket = isEncrypted
    ? connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false })
    : connect(Number(port), hostname);
  await once(socket, isEncrypted ? 'secureConnect' : 'connect');
  return socket;
}

/** Asks for the way down on the socket, and opens the way up. */
async function openTunnel(url: string, socket: Socket): Promise<Socket> {
  const head = (method: string) => `${method} ${new URL(url).pathname} HTTP/1.0\r\nx-sessioncookie: ${cookie}\r\n\r\n`;
  const cookie = randomBytes(8).toString('hex');
  socket.write(head('GET'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString('latin1').startsWith('HTTP/1.0 200 ')) throw new AppError('protocol', `GET answered ${answer}`);
  const upstream = await connectTo(url);
  upstream.write(head('POST'));
  return upstream;
}
