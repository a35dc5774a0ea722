import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { HttpResponseReader } from '../../src/protocols/rtsp/http-response.ts';
import { fuzz } from './support/fuzz.ts';
import { readOrRefuse } from './support/limits.ts';
import { anyBytes, damaged, inPieces, pieceSizes } from './support/mutations.ts';

describe('the answer to a tunnel', () => {
  const head = fc.constantFrom(
    'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n',
    'RTSP/1.0 200 OK\nServer: x\n\n',
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="x", nonce="y"\r\n\r\n',
  );
  const answer = fc
    .tuple(damaged(head.map((text) => Buffer.from(text))), anyBytes(40))
    .map((parts) => Buffer.concat(parts));

  fuzz('HTTP response, whole and cut', fc.tuple(answer, pieceSizes), ([bytes, sizes]) => {
    const whole = read([bytes]);
    expect(read(inPieces(bytes, sizes))).toEqual(whole);
    return whole !== 'refused' && whole !== 'incomplete';
  });
});

/** Status, headers and where the body begins. */
function read(pieces: readonly Buffer[]): unknown {
  const reader = new HttpResponseReader();
  let before = 0;
  for (const piece of pieces) {
    const result = readOrRefuse(() => reader.feed(piece, piece.length) ?? 'incomplete', 'protocol');
    if (result === undefined) return 'refused';
    if (result !== 'incomplete') return [result.head.status, [...result.head.headers], before + result.taken];
    before += piece.length;
  }
  return 'incomplete';
}
