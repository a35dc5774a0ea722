import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { RequestReader } from './request-reader.ts';

const STREAM = Buffer.concat([
  Buffer.from('OPTIONS rtsp://127.0.1.1:8554/main RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: x\r\n\r\n'),
  Buffer.from([0x24, 1, 0, 4, 13, 10, 13, 10]), // a receiver report that looks like the end of a request
  Buffer.from(
    '\r\nSET_PARAMETER rtsp://127.0.1.1:8554/main RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\n$\x00\x00\x10',
  ),
  Buffer.from('TEARDOWN /main RTSP/1.0\r\ncseq:3\r\nSession: ab;timeout=60\r\n\r\n'),
]);
const EXPECTED = ['OPTIONS 1', 'data 1', 'SET_PARAMETER 2', 'TEARDOWN 3'];

describe('requests and interleaved data come out the same', () => {
  test('when they arrive whole', () => expect(read([STREAM])).toEqual(EXPECTED));

  test('when they arrive byte by byte', () => {
    expect(read([...STREAM].map((byte) => Buffer.from([byte])))).toEqual(EXPECTED);
  });

  test('when they are cut at any one place', () => {
    for (let cut = 1; cut < STREAM.length; cut++) {
      expect(read([STREAM.subarray(0, cut), STREAM.subarray(cut)])).toEqual(EXPECTED);
    }
  });
});

test.each([
  ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ['a body beyond the limit', 'OPTIONS * RTSP/1.0\r\nContent-Length: 1000000\r\n\r\n'],
  ['a negative length', 'OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n'],
  ['headers without end', `OPTIONS * RTSP/1.0\r\n${'X: y\r\n'.repeat(4000)}`],
])('%s is refused', (_name, text) => {
  expect(() => read([Buffer.from(text)])).toThrow(AppError);
});

test('random bytes are refused or wait for more, and never break it', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (chunks) => {
      try {
        read(chunks.map((chunk) => Buffer.from(chunk)));
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
  );
});

function read(chunks: readonly Buffer[]): string[] {
  const reader = new RequestReader();
  return chunks
    .flatMap((chunk) => reader.push(chunk))
    .map((item) => (item.kind === 'data' ? `data ${item.channel}` : `${item.method} ${item.headers.get('cseq')}`));
}
