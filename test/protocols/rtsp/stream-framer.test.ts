import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/base/errors.ts';
import { encodeInterleaved, encodeRequest, headerOf, type RtspMessage } from '../../../src/protocols/rtsp/message.ts';
import { StreamFramer } from '../../../src/protocols/rtsp/stream-framer.ts';
import { rtpPacket } from '../../media/rtp/rtp-packets.ts';

interface Framed {
  /** `frame 0 aabb`, `200 CSeq 1 body`, `OPTIONS CSeq 3 body` */
  seen: string[];
  error: string | undefined;
  framer: StreamFramer;
}

function describeMessage(message: RtspMessage): string {
  const what = message.kind === 'response' ? String(message.status) : `${message.method} ${message.url}`;
  return [what, `CSeq ${headerOf(message, 'cseq')}`, message.body.toString()].join(' ').trim();
}

/** Feeds chunks through a buffer that is overwritten after each, as the shared read buffer is. */
function frame(chunks: readonly Buffer[]): Framed {
  const framed: Framed = {
    seen: [],
    error: undefined,
    framer: new StreamFramer({
      onFrame: (channel, bytes, start, end) =>
        framed.seen.push(`frame ${channel} ${bytes.toString('hex', start, end)}`),
      onMessage: (message) => framed.seen.push(describeMessage(message)),
    }),
  };
  const shared = Buffer.alloc(Math.max(1, ...chunks.map((chunk) => chunk.length)) + 50, '$');
  try {
    for (const chunk of chunks) {
      shared.fill('\n');
      chunk.copy(shared);
      framed.framer.feed(shared, chunk.length);
    }
  } catch (error) {
    if (!isAppError(error, 'protocol')) throw error;
    framed.error = error.message;
  }
  return framed;
}

const text = (value: string) => Buffer.from(value.replaceAll('\n', '\r\n'));
const packet = (sequence: number) => rtpPacket({ sequence, payload: Buffer.from([0x41, sequence]) });
const seenFrame = (channel: number, sequence: number) => `frame ${channel} ${packet(sequence).toString('hex')}`;
const ok = text('RTSP/1.0 200 OK\nCSeq: 4\nContent-Length: 5\n\nhello');

const cases: [string, Buffer[], string[]][] = [
  ['a response with a body', [ok], ['200 CSeq 4 hello']],
  ['a request', [text('OPTIONS rtsp://a/ RTSP/1.0\nCSeq: 9\n\n')], ['OPTIONS rtsp://a/ CSeq 9']],
  [
    'frames back to back',
    [encodeInterleaved(0, packet(1)), encodeInterleaved(3, packet(2))],
    [seenFrame(0, 1), seenFrame(3, 2)],
  ],
  ['a frame of no bytes', [Buffer.from([0x24, 5, 0, 0]), ok], ['frame 5 ', '200 CSeq 4 hello']],
  [
    'messages between frames',
    [
      encodeInterleaved(0, packet(1)),
      ok,
      encodeInterleaved(0, packet(2)),
      text('GET_PARAMETER * RTSP/1.0\nCSeq: 2\n\n'),
    ],
    [seenFrame(0, 1), '200 CSeq 4 hello', seenFrame(0, 2), 'GET_PARAMETER * CSeq 2'],
  ],
  ['line feeds alone', [Buffer.from('RTSP/1.0 200 OK\nCSeq: 4\n\n'), ok], ['200 CSeq 4', '200 CSeq 4 hello']],
  [
    'empty lines in front of a frame',
    [text('\n\n'), encodeInterleaved(0, packet(1)), text('\n'), ok],
    [seenFrame(0, 1), '200 CSeq 4 hello'],
  ],
  ['blanks behind the number (Longse), name in capitals', [text('RTSP/1.0 200 OK\nCSEQ:  4  \n\n')], ['200 CSeq 4']],
  ['no reason, no colon, a folded line', [text('RTSP/1.0 200\nnonsense\nX: a\n b\nCSeq: 4\n\n')], ['200 CSeq 4']],
  [
    'garbage between frames is skipped',
    [
      encodeInterleaved(0, packet(1)),
      Buffer.from('\u0001\u0002garbage $ and $$ more', 'latin1'),
      encodeInterleaved(0, packet(2)),
    ],
    [seenFrame(0, 1), seenFrame(0, 2)],
  ],
  [
    'garbage in front of a response is skipped',
    [Buffer.from([0xff, 0x24, 0xff, 0x52, 0x54]), ok],
    ['200 CSeq 4 hello'],
  ],
  [
    'what begins like a message and is none is skipped',
    [text('PLAY something\nelse: 1\n\n'), ok],
    ['200 CSeq 4 hello'],
  ],
];

describe('bytes of an RTSP connection', () => {
  it.each(cases)('%s: whole', (_, parts, seen) => {
    expect(frame([Buffer.concat(parts)]).seen).toEqual(seen);
  });

  it.each(cases)('%s: byte by byte', (_, parts, seen) => {
    const whole = Buffer.concat(parts);
    expect(frame(Array.from(whole, (_byte, i) => whole.subarray(i, i + 1))).seen).toEqual(seen);
  });

  it.each(cases)('%s: cut at each place', (_, parts, seen) => {
    const whole = Buffer.concat(parts);
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(frame([whole.subarray(0, cut), whole.subarray(cut)]).seen, `cut at ${cut}`).toEqual(seen);
    }
  });

  const errors: [string, Buffer, RegExp][] = [
    ['a header without end', text(`RTSP/1.0 200 OK\n${'X: y\n'.repeat(20_000)}`), /header of more than 65536 bytes/],
    ['a body beyond the maximum', text('RTSP/1.0 200 OK\nContent-Length: 9999999\n\n'), /body of 9999999 bytes/],
    ['nothing but garbage', Buffer.alloc(400_000, 1), /within \d+ bytes of garbage/],
    [
      'garbage again and again',
      Buffer.concat(
        Array.from({ length: 12 }, (_, i) => Buffer.concat([Buffer.from([1, 2, 3]), encodeInterleaved(0, packet(i))])),
      ),
      /for the 11th time/,
    ],
  ];
  it.each(errors)('%s ends the connection', (_, bytes, message) => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 5000) chunks.push(bytes.subarray(at, at + 5000));
    expect(frame(chunks).error).toMatch(message);
  });

  it('forgives garbage after a thousand good frames', () => {
    const good = Buffer.concat(Array.from({ length: 1000 }, (_, i) => encodeInterleaved(0, packet(i & 0xff))));
    const round = Buffer.concat([Buffer.from([1, 2, 3]), good]);
    const { error, framer } = frame(Array.from({ length: 15 }, () => round));
    expect(error).toBeUndefined();
    expect(framer.resyncs).toBe(15);
  });

  it('reads a header that comes byte by byte once, not once for each byte', () => {
    const bytes = Buffer.from(`RTSP/1.0 200 OK\r\n${'\r\r\n'.repeat(21_000)}`);
    const searched: number[] = [];
    const { indexOf } = Buffer.prototype;
    Buffer.prototype.indexOf = function (this: Buffer, ...args: Parameters<Buffer['indexOf']>) {
      searched.push(1);
      return indexOf.apply(this, args);
    } as Buffer['indexOf'];
    try {
      const framer = new StreamFramer({ onFrame: () => undefined, onMessage: () => undefined });
      for (let at = 0; at < bytes.length; at++) framer.feed(bytes.subarray(at, at + 1));
    } finally {
      Buffer.prototype.indexOf = indexOf;
    }
    expect(searched.length).toBeLessThan(4 * bytes.length);
  });

  it('ignores everything after it was stopped by its reader', () => {
    const seen: number[] = [];
    const framer: StreamFramer = new StreamFramer({
      onFrame: (channel) => {
        seen.push(channel);
        framer.stop();
      },
      onMessage: () => undefined,
    });
    framer.feed(Buffer.concat([encodeInterleaved(1, packet(1)), encodeInterleaved(2, packet(2))]));
    framer.feed(encodeInterleaved(3, packet(3)));
    expect(seen).toEqual([1]);
  });
});

describe('encoding', () => {
  it('writes header names as given, and the length of a body', () => {
    const bytes = encodeRequest({
      method: 'ANNOUNCE',
      url: 'rtsp://a/',
      headers: [['CSeq', '1']],
      body: Buffer.from('hi'),
    });
    expect(bytes.toString()).toBe('ANNOUNCE rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nhi');
  });

  it('refuses line breaks, which would make headers of their own', () => {
    expect(() => encodeRequest({ method: 'PLAY', url: 'rtsp://a/\r\nX: y', headers: [] })).toThrow(/line break/);
  });
});
