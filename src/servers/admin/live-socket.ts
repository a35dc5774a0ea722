import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../../base/log.ts';
import type { LiveFormat, LiveSource, LiveState, LiveWatcher } from '../../channels/live-source.ts';
import type { LiveUnit } from '../../link/messages.ts';
import { jpegFormatMessage, jpegOf } from '../../playback/live-jpeg.ts';
import { LiveMuxer } from '../../playback/live-muxer.ts';
import { API_PREFIX } from './openapi.ts';
import { isSameOrigin } from './security.ts';
import { type Sessions, sessionTokenOf } from './sessions.ts';

/**
 * Waiting for the network beyond this, a watcher loses pictures up to the next key frame. It has room for the group of pictures
 * that each watcher gets at once when it joins: 4 s at 8 Mbps.
 */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/**
 * The same for JPEG files. Each can be shown without the others, so there is no group to have room for, and what waits is only late: 1 s
 * at 8 Mbps. A larger picture goes when nothing waits before it.
 */
export const MAX_BUFFERED_JPEG_BYTES = 1024 * 1024;

/** Six browsers with 16 channels each. Each watcher costs memory up to the limit above. */
export const MAX_LIVE_WATCHERS = 96;

/** A browser whose machine vanished without a word is noticed within two of these; a session that ended, within one. */
const PING_MS = 20_000;

/** Nothing is expected from the browser. */
const MAX_MESSAGE_BYTES = 1024;

const PATH = new RegExp(`^${API_PREFIX}/channels/(\\d{1,4})/live$`);

/** Close codes of our own, in the range that RFC 6455 leaves to applications. */
const SESSION_ENDED = 4401;

export interface LiveSocketOptions {
  readonly live: LiveSource;
  readonly sessions: Sessions;
  /** Undefined for a number that has no channel. */
  readonly channelIdOf: (channelNumber: number) => string | undefined;
  readonly log: Log;
}

/**
 * `GET /api/v1/channels/:number/live?sound=0|1` as a WebSocket: live media for Media Source Extensions, or JPEG files. What is sent, and in which
 * order, is in docs/reference/api.md, "Media".
 */
export class LiveSocket {
  readonly #options: LiveSocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  /** Those that answered the last ping. */
  readonly #alive = new Set<WebSocket>();
  readonly #tokens = new WeakMap<WebSocket, string | undefined>();
  #pingTimer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: LiveSocketOptions) {
    this.#options = options;
  }

  start(): void {
    this.#pingTimer = setInterval(() => this.#ping(), PING_MS);
    this.#pingTimer.unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#pingTimer);
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  /** For the `upgrade` event of the HTTP server. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = request.url ?? '/';
    const url = URL.canParse(address, 'http://unit') ? new URL(address, 'http://unit') : undefined;
    const number = url && PATH.exec(url.pathname)?.[1];
    const channelId = number === undefined ? undefined : this.#options.channelIdOf(Number(number));
    const refusal = this.#refusal(request, channelId);
    if (refusal !== undefined || url === undefined || channelId === undefined) {
      refuse(socket, refusal ?? 404);
      return;
    }
    const wantsSound = url.searchParams.get('sound') === '1';
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#tokens.set(client, sessionTokenOf(request));
      this.#watch(client, channelId, wantsSound);
    });
  }

  /** HTTP status. */
  #refusal(request: IncomingMessage, channelId: string | undefined): number | undefined {
    if (!isSameOrigin(request)) return 403;
    if (!this.#options.sessions.isValid(sessionTokenOf(request))) return 401;
    if (channelId === undefined) return 404;
    if (this.#isStopped || this.#server.clients.size >= MAX_LIVE_WATCHERS) return 503;
    return undefined;
  }

  #watch(client: WebSocket, channelId: string, wantsSound: boolean): void {
    this.#alive.add(client);
    const stop = this.#options.live.watch(channelId, new SocketWatcher(client, wantsSound));
    client.on('pong', () => this.#alive.add(client));
    client.on('error', (error) => this.#options.log.debug({ channelId, error: error.message }, 'live watcher lost'));
    client.on('close', () => {
      this.#alive.delete(client);
      stop();
    });
  }

  #ping(): void {
    for (const client of this.#server.clients) {
      if (!this.#alive.delete(client)) client.terminate();
      else if (!this.#options.sessions.isValid(this.#tokens.get(client))) client.close(SESSION_ENDED, 'session ended');
      else client.ping();
    }
  }
}

/** What a watcher needs of a WebSocket. */
export type LiveOutlet = Pick<WebSocket, 'send' | 'bufferedAmount'>;

/** One watcher: what comes from the channel goes out at once, or not at all. */
export class SocketWatcher implements LiveWatcher {
  readonly #outlet: LiveOutlet;
  readonly #muxer: LiveMuxer;
  #format: LiveFormat | undefined;
  #mustSendFormat = false;
  #sendsJpeg = false;
  #isBehind = false;

  constructor(outlet: LiveOutlet, wantsSound: boolean) {
    this.#outlet = outlet;
    this.#muxer = new LiveMuxer({ wantsSound });
  }

  onFormat(format: LiveFormat): void {
    this.#format = format;
    this.#mustSendFormat = true;
  }

  /** Only what keeps pictures from coming is told; after it the player begins anew, with the format. */
  onState({ state, cause, detail }: LiveState): void {
    if (state === 'recording' || state === 'paused') return;
    this.#mustSendFormat = true;
    this.#outlet.send(JSON.stringify({ kind: 'state', state, cause, detail }));
  }

  onUnit(unit: LiveUnit): void {
    const isStart = unit.kind === 'video' && unit.isKey;
    const isTooMuch = this.#outlet.bufferedAmount > (this.#sendsJpeg ? MAX_BUFFERED_JPEG_BYTES : MAX_BUFFERED_BYTES);
    if (isTooMuch && !this.#isBehind) this.#muxer.skipToKey();
    if (isTooMuch || (this.#isBehind && !isStart)) {
      this.#isBehind = true;
      return;
    }
    this.#isBehind = false;
    if (this.#mustSendFormat) {
      if (!isStart) return;
      this.#sendFormat();
    }
    const media = this.#sendsJpeg ? jpegOf(unit) : this.#muxer.push(unit);
    if (media !== undefined) this.#outlet.send(media);
  }

  #sendFormat(): void {
    this.#mustSendFormat = false;
    const video = this.#format?.video;
    this.#sendsJpeg = video?.codec === 'mjpeg';
    if (video !== undefined && this.#sendsJpeg) {
      this.#outlet.send(JSON.stringify(jpegFormatMessage(video)));
      return;
    }
    const start = this.#format && this.#muxer.setFormat(this.#format);
    if (start === undefined) return;
    this.#outlet.send(JSON.stringify(start.message));
    this.#outlet.send(start.init);
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
