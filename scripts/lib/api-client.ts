import { AppError } from '../../src/base/errors.ts';

/** Speaks to the admin API as the page does: a session cookie, and the header that keeps other sites out. */
export interface ApiClient {
  readonly address: string;
  /** `path` below `/api/v1`. A reply that is an error is thrown, with its status and the sentence that the server gave. */
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T>;
  /** The plain reply, whatever its status: playlists, media, errors. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** `name=value` of the session, for a WebSocket or a browser. */
  readonly cookie: string;
}

export class ApiError extends AppError {
  readonly status: number;
  readonly remoteKind: string;

  constructor(status: number, remoteKind: string, message: string) {
    super('protocol', message);
    this.status = status;
    this.remoteKind = remoteKind;
  }
}

export function createApiClient(address: string): ApiClient {
  let cookie = '';

  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('x-holdfast', '1');
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(`${address}/api/v1${path}`, { ...init, headers });
    const given = response.headers.getSetCookie()[0]?.split(';')[0];
    if (given !== undefined) cookie = given;
    return response;
  }

  async function callJson<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await call(path, init);
    const text = await response.text();
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
    throw toError(`${init?.method ?? 'GET'} ${path}`, response.status, text);
  }

  return {
    address,
    get: (path) => callJson(path),
    send: (method, path, body) =>
      callJson(path, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    fetch: call,
    get cookie() {
      return cookie;
    },
  };
}

function toError(what: string, status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { kind: string; message: string } };
    return new ApiError(status, error.kind, `${what}: ${status}: ${error.message}`);
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    return new ApiError(status, 'unknown', `${what}: ${status}: ${text.slice(0, 200)}`);
  }
}
