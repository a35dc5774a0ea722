import { AppError } from '../../base/errors.ts';
import type { HttpResponseHead } from './http-response.ts';
import { HttpStream } from './http-stream.ts';
import type { Endpoint } from './socket-stream.ts';
import { peerName } from './url.ts';

export interface TunnelUpstreamOptions {
  readonly endpoint: Endpoint;
  /** Head of a POST. */
  makeHead(): Buffer;
  /** Once, when nothing can be sent any more. */
  onLost(error: AppError): void;
}

/** Base64 of what waits for a POST to open: more than all requests of a handshake together. */
const MAX_WAITING_BYTES = 64 * 1024;

/**
 * The half of an HTTP tunnel that leads to the camera: the body of a POST, each message in Base64. Who counts its bytes (proxies do, and
 * cameras with a web server in front) ends it after some; the next message then opens another.
 */
export class TunnelUpstream {
  readonly #options: TunnelUpstreamOptions;
  /** Undefined: the next message opens one. */
  #post: HttpStream | undefined;
  #waiting: Buffer[] = [];
  #isOpening = false;
  #isEnded = false;

  constructor(options: TunnelUpstreamOptions) {
    this.#options = options;
  }

  /** Rejects as SocketStream does. */
  async open(): Promise<void> {
    const { endpoint, makeHead } = this.#options;
    const post = new HttpStream(endpoint, {
      onHead: (head) => this.#judge(head),
      onBytes: () => undefined,
      onLost: () => {
        if (this.#post === post) this.#post = undefined;
      },
    });
    this.#post = post;
    this.#isOpening = true;
    await post.open(makeHead());
    this.#isOpening = false;
    for (const text of this.#waiting.splice(0)) post.write(text);
  }

  write(bytes: Buffer): void {
    if (this.#isEnded) return;
    const text = Buffer.from(bytes.toString('base64'), 'latin1');
    if (this.#post !== undefined && !this.#isOpening) {
      this.#post.write(text);
      return;
    }
    this.#waiting.push(text);
    const waitingBytes = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    if (waitingBytes > MAX_WAITING_BYTES)
      this.#end(new AppError('unreachable', `${waitingBytes} bytes wait to be sent`));
    else if (!this.#isOpening) this.open().catch((error: AppError) => this.#end(error));
  }

  close(): void {
    this.#isEnded = true;
    this.#post?.close();
  }

  /** Most cameras do not answer at all, some at the end of the body. */
  #judge({ status, reason }: HttpResponseHead): void {
    if (status < 300) return;
    const answer =
      `${peerName(this.#options.endpoint)} answers the POST of an HTTP tunnel with ${status} ${reason}`.trim();
    this.#end(new AppError(status === 401 ? 'unauthorized' : 'protocol', answer));
  }

  #end(error: AppError): void {
    if (this.#isEnded) return;
    this.close();
    this.#options.onLost(error);
  }
}
