import fc from 'fast-check';
import { describe, expect } from 'vitest';
import {
  encodeInterleaved,
  encodeRequest,
  encodeResponse,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  type RtspMessage,
} from '../../src/protocols/rtsp/message.ts';
import { looksLikeMessage, parseMessage } from '../../src/protocols/rtsp/message-parser.ts';
import { StreamFramer } from '../../src/protocols/rtsp/stream-framer.ts';
import { fuzz } from './support/fuzz.ts';
import { largestBuffer, readOrRefuse } from './support/limits.ts';
import { anyBytes, damaged, inPieces, pieceSizes } from './support/mutations.ts';

const word = fc.constantFrom(
  'OPTIONS',
  'DESCRIBE',
  'RTSP/1.0',
  '*',
  'rtsp://h/p',
  'CSeq',
  'Session',
  'x;timeout=5',
  '',
  '0',
  '99999999999',
  '-1',
);
const header = fc.tuple(
  fc.constantFrom('CSeq', 'Session', 'Content-Length', 'Transport', 'X', 'WWW-Authenticate'),
  word,
);
const body = anyBytes(60);
const request = fc
  .record({
    method: fc.constantFrom('OPTIONS', 'GET_PARAMETER', 'ANNOUNCE'),
    url: fc.constantFrom('*', 'rtsp://h/p?q'),
    headers: fc.array(header, { maxLength: 4 }),
    body,
  })
  .map(encodeRequest);
const response = fc
  .record({
    status: fc.constantFrom(100, 200, 401, 999),
    reason: word,
    headers: fc.array(header, { maxLength: 4 }),
    body,
  })
  .map(encodeResponse);
const message = fc.oneof(request, response);
const frame = fc
  .tuple(fc.nat(25), anyBytes(60))
  .map(([channel, payload]) => encodeInterleaved(channel, Buffer.concat([Buffer.from([0x80]), payload])));

describe('RTSP messages', () => {
  fuzz('RTSP message', fc.oneof(damaged(message), anyBytes(80)), (bytes) => {
    looksLikeMessage(bytes, 0, bytes.length);
    const parsed = readOrRefuse(() => parseMessage(bytes, 0, bytes.length), 'protocol');
    if (parsed?.kind === 'incomplete') {
      // Whoever waits for so many bytes asks again with more than now: there is progress, and an end.
      expect(parsed.neededBytes).toBeGreaterThan(bytes.length);
      expect(parsed.neededBytes).toBeLessThanOrEqual(MAX_HEADER_BYTES + MAX_BODY_BYTES);
    } else if (parsed?.kind === 'message') {
      expect(parsed.end).toBeGreaterThan(0);
      expect(parsed.end).toBeLessThanOrEqual(bytes.length);
      for (const values of parsed.message.headers.values())
        for (const value of values) expect(value).not.toMatch(/[\r\n]/);
    }
    return parsed?.kind === 'message';
  });
});

describe('bytes of a connection', () => {
  const stream = fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: frame },
        { weight: 3, arbitrary: message },
        { weight: 1, arbitrary: damaged(frame) },
        { weight: 1, arbitrary: damaged(message) },
        { weight: 1, arbitrary: anyBytes(30) },
      ),
      { maxLength: 15 },
    )
    .map((parts) => Buffer.concat(parts));

  fuzz('interleaved stream, whole and cut', fc.tuple(stream, pieceSizes), ([bytes, sizes]) => {
    const whole = feed([bytes]);
    // At least four bytes for each thing that is handed on, so that there is an end.
    expect(whole.length).toBeLessThanOrEqual(bytes.length / 4 + 1);
    expect(feed(inPieces(bytes, sizes))).toEqual(whole);
    return whole.length > 0;
  });

  const endless = fc.constantFrom(
    'RTSP/1.0 200 OK\r\nX: ',
    'RTSP/1.0 200 OK\r\nContent-Length: 262144\r\n\r\n',
    'OPTIONS * RTSP/1.0\r\n',
    '$\0\uffff\uffff',
    '\u0001',
  );
  fuzz(
    'interleaved stream without an end',
    fc.tuple(endless, anyBytes(2000), fc.integer({ min: 500, max: 70_000 })),
    ([start, filling, size]) => {
      const piece = Buffer.alloc(size, filling.length > 0 ? filling : 'a');
      const largest = largestBuffer(() =>
        feed([Buffer.from(start, 'latin1'), ...Array<Buffer>(Math.ceil(800_000 / size)).fill(piece)]),
      );
      expect(largest).toBeLessThanOrEqual(MAX_HEADER_BYTES + MAX_BODY_BYTES + 2 * size);
      return largest > 60_000;
    },
    0.02,
  );
});

/** What is handed on, in order; the last is `refused` where a limit was exceeded. */
function feed(pieces: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const framer = new StreamFramer({
    onFrame: (channel, bytes, start, end) => seen.push(`${channel} ${bytes.toString('hex', start, end)}`),
    onMessage: (one: RtspMessage) => seen.push(JSON.stringify([one.kind, [...one.headers], one.body.toString('hex')])),
  });
  const wasRead = readOrRefuse(() => {
    for (const piece of pieces) framer.feed(Buffer.from(piece));
    return true;
  }, 'protocol');
  if (wasRead === undefined) seen.push('refused');
  return seen;
}
