import { AppError } from '../../base/errors.ts';

export interface RtspUrl {
  /** `rtsps://`: everything is encrypted. */
  readonly isEncrypted: boolean;
  readonly host: string;
  readonly port: number;
  /** False where `port` is the usual one of the scheme. */
  readonly hasPort: boolean;
  /** Without credentials: what is sent in requests, and what may be logged. */
  readonly requestUrl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const DEFAULT_PORTS = { rtsp: 554, rtsps: 322 };

/**
 * Takes an address apart. Tolerates what people type: a password with `@`, `#` or `%` that is not escaped. Throws AppError `bad-input`.
 */
export function parseRtspUrl(text: string): RtspUrl {
  const match = /^(rtsps?):\/\/([^/?]*)([/?].*)?$/i.exec(text.trim());
  if (!match)
    throw new AppError('bad-input', `not an RTSP address: ${describeBadUrl(text)} (rtsp://host/path is expected)`);
  const [, schemeText = '', authority = '', path = ''] = match;
  const scheme = schemeText.toLowerCase() === 'rtsps' ? 'rtsps' : 'rtsp';
  const at = authority.lastIndexOf('@');
  const [host, typedPort] = parseHostAndPort(authority.slice(at + 1), text);
  const port = typedPort ?? DEFAULT_PORTS[scheme];
  if (/[\s\p{Cc}]/u.test(path))
    throw new AppError('bad-input', `RTSP address with a space or control character: ${redactUrl(text)}`);
  const credentials = at === -1 ? undefined : parseCredentials(authority.slice(0, at));
  const portText = port === DEFAULT_PORTS[scheme] ? '' : `:${port}`;
  return {
    isEncrypted: scheme === 'rtsps',
    host,
    port,
    hasPort: typedPort !== undefined,
    requestUrl: `${scheme}://${bracketed(host)}${portText}${path}`,
    username: credentials?.username,
    password: credentials?.password,
  };
}

/** `10.0.0.5:554`, for messages and as a key. */
export function peerName({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${bracketed(host)}:${port}`;
}

/** Path and query: what HTTP asks for. */
export function pathOf(url: string): string {
  const path = url.slice(originOf(url).length);
  return path.startsWith('/') ? path : `/${path}`;
}

/** Where a redirection leads: cameras answer with whole addresses, with paths, and without a scheme. Throws AppError `bad-input`. */
export function resolveLocation(location: string, requestUrl: string): RtspUrl {
  const text = location.trim();
  if (text.startsWith('//')) return parseRtspUrl(schemeOf(requestUrl) + text.slice(2));
  if (text.startsWith('/')) return parseRtspUrl(originOf(requestUrl) + text);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return parseRtspUrl(text);
  const origin = originOf(requestUrl);
  const [folder] = /^(\/[^?]*\/)?/.exec(requestUrl.slice(origin.length))!;
  return parseRtspUrl(`${origin}${folder || '/'}${text}`);
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
  if (/^rtsps?:\/\//i.test(control)) return redactUrl(control);
  if (control.startsWith('?')) return base + control;
  return `${base.replace(/\/$/, '')}/${control.replace(/^\//, '')}`;
}

/** What cameras mean by their Content-Base: without a scheme, with two of them, with IPv6 outside brackets, a path alone, or empty. */
export function repairBase(contentBase: string | undefined, requestUrl: string): string {
  const text = contentBase?.trim() ?? '';
  if (text === '' || text === '*') return requestUrl;
  if (text.startsWith('/')) return originOf(requestUrl) + text;
  const rest = redactUrl(text.replace(/^(rtsps?:\/\/)+/i, ''));
  const [, authority = '', path = ''] = /^([^/]*)(.*)$/.exec(rest)!;
  if (authority === '') return requestUrl;
  return `${schemeOf(text) || schemeOf(requestUrl)}${repairAuthority(authority)}${path}`;
}

/** IPv6 without brackets; a port can only be told from it behind the dotted form. */
function repairAuthority(authority: string): string {
  if (authority.includes('[') || authority.split(':').length <= 2) return authority;
  const [, address, port = ''] = /^(.*\.\d+?)(:\d+)$/.exec(authority) ?? [undefined, authority];
  return `[${address}]${port}`;
}

/** `rtsp://`, or nothing. */
function schemeOf(url: string): string {
  return /^rtsps?:\/\//i.exec(url)?.[0].toLowerCase() ?? '';
}

function originOf(url: string): string {
  return /^rtsps?:\/\/[^/?]*/i.exec(url)?.[0] ?? url;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function parseHostAndPort(text: string, whole: string): [string, number | undefined] {
  const match = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^:[\]\s#\p{Cc}]+))(?::(\d{1,5}))?$/iu.exec(text);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (!match || (port !== undefined && (port < 1 || port > 65_535))) {
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
