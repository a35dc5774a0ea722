import { AppError } from '../../base/errors.ts';

export interface RtspUrl {
  readonly host: string;
  readonly port: number;
  /** Without credentials: what is sent in requests, and what may be logged. */
  readonly requestUrl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const DEFAULT_PORT = 554;

/**
 * Takes an address apart. Tolerates what people type: a password with `@`, `#` or `%` that is not escaped. Throws AppError `bad-input`.
 */
export function parseRtspUrl(text: string): RtspUrl {
  const match = /^rtsp:\/\/([^/?]*)([/?].*)?$/i.exec(text.trim());
  if (!match)
    throw new AppError('bad-input', `not an RTSP address: ${describeBadUrl(text)} (rtsp://host/path is expected)`);
  const [, authority = '', path = ''] = match;
  const at = authority.lastIndexOf('@');
  const [host, port] = parseHostAndPort(authority.slice(at + 1), text);
  if (/[\s\p{Cc}]/u.test(path))
    throw new AppError('bad-input', `RTSP address with a space or control character: ${redactUrl(text)}`);
  const credentials = at === -1 ? undefined : parseCredentials(authority.slice(0, at));
  const hostText = host.includes(':') ? `[${host}]` : host;
  const portText = port === DEFAULT_PORT ? '' : `:${port}`;
  return {
    host,
    port,
    requestUrl: `rtsp://${hostText}${portText}${path}`,
    username: credentials?.username,
    password: credentials?.password,
  };
}

/** For logs and messages: the address without what lies before its last `@`. */
export function redactUrl(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?[^/?]*@/i, '$1');
}

/**
 * The address of a stream. Cameras do not follow RFC 3986 here: a relative control is appended, behind one slash, even after a query.
 */
export function joinControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base;
  if (/^rtsp:\/\//i.test(control)) return redactUrl(control);
  if (control.startsWith('?')) return base + control;
  return `${base.replace(/\/$/, '')}/${control.replace(/^\//, '')}`;
}

/** What cameras mean by their Content-Base: without a scheme, with two of them, with IPv6 outside brackets, a path alone, or empty. */
export function repairBase(contentBase: string | undefined, requestUrl: string): string {
  const text = contentBase?.trim() ?? '';
  if (text === '' || text === '*') return requestUrl;
  if (text.startsWith('/')) return originOf(requestUrl) + text;
  const rest = text.replace(/^(rtsp:\/\/)+/i, '');
  const [, authority = '', path = ''] = /^([^/]*)(.*)$/.exec(redactUrl(rest))!;
  if (authority === '') return requestUrl;
  const isBareIpv6 = !authority.includes('[') && authority.split(':').length > 2;
  return `rtsp://${isBareIpv6 ? `[${authority}]` : authority}${path}`;
}

function originOf(url: string): string {
  return /^rtsp:\/\/[^/?]*/i.exec(url)?.[0] ?? url;
}

function parseHostAndPort(text: string, whole: string): [string, number] {
  const match = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^:[\]\s#]+))(?::(\d{1,5}))?$/i.exec(text);
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (!match || port < 1 || port > 65_535) {
    throw new AppError('bad-input', `RTSP address without a valid host and port: ${redactUrl(whole)}`);
  }
  return [match[1] ?? match[2]!, port];
}

function parseCredentials(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  if (colon === -1) return { username: unescapeLeniently(text), password: '' };
  return { username: unescapeLeniently(text.slice(0, colon)), password: unescapeLeniently(text.slice(colon + 1)) };
}

function unescapeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
}

function describeBadUrl(text: string): string {
  const redacted = redactUrl(text.trim());
  return redacted === '' ? 'nothing' : JSON.stringify(redacted.slice(0, 200));
}
