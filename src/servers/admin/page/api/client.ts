import type {
  ChannelChange,
  ChannelGap,
  ChannelSettings,
  Session,
  Span,
  Status,
  StreamReply,
  Timeline,
} from './types.ts';

const BASE = '/api/v1';

/** A reply that takes longer than this is as good as none: the page says so and asks again. */
const TIMEOUT_MS = 15_000;

/** What the API refused, in its own words; `status` 0: it could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly kind: string;
  constructor(status: number, kind: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.kind = kind;
  }
}

export interface ApiClient {
  session(): Promise<Session>;
  setUp(code: string, password: string): Promise<void>;
  signIn(password: string): Promise<void>;
  signOut(): Promise<void>;
  status(): Promise<Status>;
  channel(number: number): Promise<ChannelSettings>;
  streamReport(number: number): Promise<StreamReply>;
  addChannel(change: ChannelChange): Promise<void>;
  changeChannel(number: number, change: ChannelChange): Promise<void>;
  removeChannel(number: number): Promise<void>;
  timeline(channel: number, span: Span, signal?: AbortSignal): Promise<Timeline>;
  gaps(span: Span): Promise<readonly ChannelGap[]>;
  playlist(channel: number, span: Span, signal?: AbortSignal): Promise<string>;
  /** Size in bytes of what `exportUrl` would give; refuses like the download itself, but with a message to show. */
  exportSize(channel: number, span: Span, signal?: AbortSignal): Promise<number | null>;
}

/** `onSignedOut` is called when a reply says that the session has ended. */
export function createApiClient(onSignedOut: () => void): ApiClient {
  async function request(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const response = await send(method, path, options);
    if (response.ok) return response;
    const error = await toApiError(response);
    if (response.status === 401 && !path.startsWith('/session') && !path.startsWith('/setup')) onSignedOut();
    throw error;
  }
  const json = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
    (await (await request('GET', path, withSignal(signal))).json()) as T;
  const change = async (method: string, path: string, body?: unknown): Promise<void> => {
    await request(method, path, body === undefined ? {} : { body });
  };

  return {
    session: () => json('/session'),
    setUp: (code, password) => change('POST', '/setup', { code, password }),
    signIn: (password) => change('POST', '/session', { password }),
    signOut: () => change('DELETE', '/session'),
    status: () => json('/status'),
    channel: (number) => json(`/channels/${number}`),
    streamReport: (number) => json(`/channels/${number}/stream-report`),
    addChannel: (body) => change('POST', '/channels', body),
    changeChannel: (number, body) => change('PATCH', `/channels/${number}`, body),
    removeChannel: (number) => change('DELETE', `/channels/${number}`),
    timeline: (channel, span, signal) => json(`/channels/${channel}/timeline?${query(span)}`, signal),
    gaps: async (span) => (await json<{ gaps: readonly ChannelGap[] }>(`/gaps?${query(span)}`)).gaps,
    playlist: async (channel, span, signal) =>
      (await request('GET', playlistPath(channel, span), withSignal(signal))).text(),
    exportSize: async (channel, span, signal) => {
      const response = await request('GET', exportPath(channel, span), {
        ...withSignal(signal),
        headers: { range: 'bytes=0-0' },
      });
      await response.body?.cancel();
      const total = response.headers.get('content-range')?.split('/')[1] ?? response.headers.get('content-length');
      return total ? Number(total) : null;
    },
  };
}

export function playlistUrl(channel: number, span: Span): string {
  return BASE + playlistPath(channel, span);
}

export function exportUrl(channel: number, span: Span): string {
  return BASE + exportPath(channel, span);
}

export function liveUrl(channel: number, hasSound: boolean, page: Location = location): string {
  const scheme = page.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${page.host}${BASE}/channels/${channel}/live?sound=${hasSound ? 1 : 0}`;
}

interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(BASE + path, {
      method,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      headers: {
        // Tells the server that this page sent it, not a form of some other site.
        ...(method === 'GET' ? {} : { 'x-holdfast': '1' }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const reason = timeout.aborted ? `did not answer within ${TIMEOUT_MS / 1000} s` : 'cannot be reached';
    throw new ApiError(0, 'unreachable', `The recorder's control process ${reason}.`);
  }
}

async function toApiError(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${response.status} ${response.statusText}`.trim();
  try {
    const body = (await response.json()) as { error?: { kind?: string; message?: string } };
    return new ApiError(response.status, body.error?.kind ?? 'unknown', body.error?.message ?? fallback);
  } catch {
    return new ApiError(response.status, 'unknown', fallback);
  }
}

const withSignal = (signal: AbortSignal | undefined) => (signal ? { signal } : {});
const query = (span: Span) => `from=${Math.round(span.fromUtcMs)}&to=${Math.round(span.toUtcMs)}`;
const playlistPath = (channel: number, span: Span) => `/channels/${channel}/playlist.m3u8?${query(span)}`;
const exportPath = (channel: number, span: Span) => `/channels/${channel}/export.mp4?${query(span)}`;
