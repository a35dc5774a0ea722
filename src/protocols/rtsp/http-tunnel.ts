import { randomBytes } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import type { ByteStream, ByteStreamEvents } from './byte-stream.ts';
import type { HttpResponseHead } from './http-response.ts';
import { encodeHttpRequest, HttpStream } from './http-stream.ts';
import type { Login } from './login.ts';
import { type HeaderList, USER_AGENT } from './message.ts';
import type { Endpoint } from './socket-stream.ts';
import { TunnelUpstream } from './tunnel-upstream.ts';
import { peerName } from './url.ts';

export interface HttpTunnelOptions {
  readonly endpoint: Endpoint;
  /** Path and query of the stream. */
  readonly path: string;
  /** For the HTTP requests: some cameras want the password here, some within, some in both places. */
  readonly login: Login;
}

const MIME_TYPE = 'application/x-rtsp-tunnelled';

/** As many as QuickTime sends; some servers compare no more. */
const COOKIE_CHARACTERS = 22;

/**
 * RTSP where nothing but HTTP gets through, as QuickTime began it. Two HTTP requests with the same `x-sessioncookie`, each over a
 * connection of its own, make one stream of bytes:
 *
 *   GET   ◀── a response without end: what the camera says, as it is, interleaved packets among it
 *   POST  ──▶ a body without end: what we say, in Base64
 */
export class HttpTunnel implements ByteStream {
  readonly #options: HttpTunnelOptions;
  readonly #events: ByteStreamEvents;
  readonly #cookie = randomBytes(COOKIE_CHARACTERS / 2).toString('hex');
  #state: 'opening' | 'open' | 'ended' = 'opening';
  #get: HttpStream | undefined;
  #upstream: TunnelUpstream | undefined;
  #giveUpGet: ((error: AppError) => void) | undefined;
  #certificate: string | undefined;

  constructor(options: HttpTunnelOptions, events: ByteStreamEvents) {
    this.#options = options;
    this.#events = events;
  }

  get descriptor(): number | undefined {
    return this.#get?.descriptor;
  }

  /** Rejects as SocketStream and Login do, and with AppError `protocol` or `not-found` where there is no tunnel. */
  async open(): Promise<void> {
    const { login, path } = this.#options;
    const ask = (authorization: string | undefined) => this.#askForGet(authorization);
    const head = await login.exchange({ peer: this.#peer, method: 'GET', uri: path, ask });
    assertTunnel(this.#peer, head);
    this.#upstream = new TunnelUpstream({
      endpoint: this.#endpointOfPost(),
      makeHead: () => this.#makeHead('POST', login.sign('POST', path), POST_HEADERS),
      onLost: (error) => this.#end(error),
    });
    await this.#upstream.open();
    if (this.#state !== 'opening') throw new AppError('unreachable', `${this.#peer} closed the HTTP tunnel`);
    this.#state = 'open';
  }

  write(bytes: Buffer): void {
    this.#upstream?.write(bytes);
  }

  close(): void {
    this.#state = 'ended';
    this.#giveUpGet?.(this.#closedByUs());
    this.#get?.close();
    this.#upstream?.close();
  }

  get #peer(): string {
    return peerName(this.#options.endpoint);
  }

  /** A connection for each try: some servers close it after a 401, and the others lose nothing. */
  async #askForGet(authorization: string | undefined): Promise<HttpResponseHead> {
    if (this.#state !== 'opening') throw this.#closedByUs();
    const answer = Promise.withResolvers<HttpResponseHead>();
    this.#giveUpGet = answer.reject;
    const get = new HttpStream(this.#endpointOfGet(), {
      onHead: (head) => {
        if (head.status !== 200) get.close();
        answer.resolve(head);
      },
      onBytes: (bytes, length) => this.#events.onBytes(bytes, length),
      onLost: (error) => {
        answer.reject(error);
        this.#end(error);
      },
    });
    this.#get = get;
    get.open(this.#makeHead('GET', authorization, [['Accept', MIME_TYPE]])).catch(answer.reject);
    return await answer.promise;
  }

  #closedByUs(): AppError {
    return new AppError('unreachable', `the HTTP tunnel to ${this.#peer} was closed by us`);
  }

  #end(error: AppError): void {
    const wasOpen = this.#state === 'open';
    this.close();
    if (wasOpen) this.#events.onLost(error);
  }

  #makeHead(method: string, authorization: string | undefined, headers: HeaderList): Buffer {
    return encodeHttpRequest(method, this.#options.path, [
      ['Host', this.#peer],
      ['User-Agent', USER_AGENT],
      ['x-sessioncookie', this.#cookie],
      ...headers,
      ['Pragma', 'no-cache'],
      ['Cache-Control', 'no-cache'],
      ...(authorization === undefined ? [] : ([['Authorization', authorization]] as const)),
    ]);
  }

  #endpointOfGet(): Endpoint {
    const { host, port, tls } = this.#options.endpoint;
    if (tls === undefined) return { host, port };
    const onAccepted = (sha256: string) => {
      this.#certificate = sha256;
      tls.onAccepted(sha256);
    };
    return { host, port, tls: { expected: tls.expected, onAccepted } };
  }

  /** Both halves must lead to the same camera. */
  #endpointOfPost(): Endpoint {
    const { host, port, tls } = this.#options.endpoint;
    if (tls === undefined) return { host, port };
    return { host, port, tls: { expected: this.#certificate, onAccepted: () => undefined } };
  }
}

/** QuickTime's own values: servers know that the length means nothing, and some expect to find one. */
const POST_HEADERS: HeaderList = [
  ['Content-Type', MIME_TYPE],
  ['Content-Length', '32767'],
  ['Expires', 'Sun, 9 Jan 1972 00:00:00 GMT'],
];

function assertTunnel(peer: string, { status, reason }: HttpResponseHead): void {
  if (status === 200) return;
  const answer = `${peer} answers the GET of an HTTP tunnel with ${status} ${reason}`.trim();
  switch (status) {
    case 403:
      throw new AppError('unauthorized', answer);
    case 404:
      throw new AppError(
        'not-found',
        `${answer}: is the path right, and does this port of the camera know RTSP over HTTP?`,
      );
    case 503:
      throw new AppError('conflict', `${answer}: the camera serves all the viewers that it can`);
    default:
      throw new AppError('protocol', answer);
  }
}
