import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/base/errors.ts';
import { type HttpResponseHead, HttpResponseReader } from '../../../src/protocols/rtsp/http-response.ts';
import { encodeHttpRequest } from '../../../src/protocols/rtsp/http-stream.ts';

/** The head, and what came behind it; or the message of the error. */
function read(chunks: readonly Buffer[]): { head?: HttpResponseHead; body?: string; error?: string } {
  const reader = new HttpResponseReader();
  try {
    for (const [i, chunk] of chunks.entries()) {
      const result = reader.feed(chunk, chunk.length);
      if (result === undefined) continue;
      return {
        head: result.head,
        body: Buffer.concat([chunk.subarray(result.taken), ...chunks.slice(i + 1)]).toString(),
      };
    }
    return {};
  } catch (error) {
    if (!isAppError(error, 'protocol')) throw error;
    return { error: error.message };
  }
}

const cases: [string, string, { status: number; reason: string; body: string }][] = [
  ['usual', 'HTTP/1.0 200 OK\r\nServer: x\r\n\r\n$\u0001body', { status: 200, reason: 'OK', body: '$\u0001body' }],
  ['no reason, no headers', 'HTTP/1.1 200\r\n\r\n', { status: 200, reason: '', body: '' }],
  [
    'line feeds',
    'RTSP/1.0 401 No\nWWW-Authenticate: Basic realm="x"\n\nrest',
    { status: 401, reason: 'No', body: 'rest' },
  ],
];

describe('head of an HTTP response', () => {
  it.each(cases)('%s: whole, byte by byte and cut at each place', (_, text, { body, ...expected }) => {
    const bytes = Buffer.from(text);
    const ways = [[bytes], Array.from(bytes, (byte) => Buffer.from([byte]))];
    for (let cut = 0; cut <= bytes.length; cut++) ways.push([bytes.subarray(0, cut), bytes.subarray(cut)]);
    for (const chunks of ways) {
      const result = read(chunks);
      expect(result.head).toMatchObject(expected);
      expect(result.body).toBe(body);
    }
  });

  it.each([
    ['another protocol', 'SSH-2.0-x', /no HTTP response: "SSH-2.0-x"/],
    ['no status', 'HTTP/1.1 OK\r\n\r\n', /no HTTP response: "HTTP\/1.1 OK"/],
    ['no end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(12_000)}`, /no HTTP response/],
  ])('%s', (_, text, expected) => {
    expect(read([Buffer.from(text)]).error).toMatch(expected);
  });
});

describe('HTTP request', () => {
  it('is HTTP/1.0', () => {
    expect(encodeHttpRequest('GET', '/x?y', [['Host', 'h']]).toString()).toBe('GET /x?y HTTP/1.0\r\nHost: h\r\n\r\n');
  });

  it('refuses line breaks', () => {
    expect(() => encodeHttpRequest('GET', '/', [['X', 'a\r\nY: b']])).toThrow(/line break/);
  });
});
