import { describe, expect, it } from 'vitest';
import { keepAliveIntervalMs, keepAliveMethod } from '../../../src/protocols/rtsp/keep-alive.ts';
import { parseSessionHeader, parseTransport } from '../../../src/protocols/rtsp/transport.ts';

describe('answered transport', () => {
  const cases: [string, string | undefined, object][] = [
    ['as asked', 'RTP/AVP/TCP;unicast;interleaved=0-1', { channel: 0, ssrc: undefined }],
    [
      'other channels than asked',
      'RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1A2B3C4D',
      { channel: 4, ssrc: 0x1a2b3c4d },
    ],
    ['one channel', 'RTP/AVP/TCP;interleaved=2', { channel: 2 }],
    ['ssrc first, with blanks (Luckfox)', 'RTP/AVP/TCP; ssrc = 0a; interleaved= 6-7', { channel: 6, ssrc: 10 }],
    ['no TCP (Escam Q6)', 'RTP/AVP;unicast;interleaved=0-1', { channel: 0 }],
    ['a channel beyond a byte', 'RTP/AVP/TCP;interleaved=300-301', { channel: undefined }],
    ['nothing of use', 'RTP/AVP/TCP', { channel: undefined, ssrc: undefined }],
    ['none', undefined, { channel: undefined, ssrc: undefined }],
  ];
  it.each(cases)('%s', (_, value, expected) => {
    expect(parseTransport(value)).toMatchObject(expected);
  });
});

describe('session', () => {
  const cases: [string, string | undefined, object][] = [
    ['with a timeout', '12345678;timeout=30', { id: '12345678', timeoutMs: 30_000 }],
    ['with blanks', ' abc ; timeout = 5 ', { id: 'abc', timeoutMs: 5000 }],
    ['without a timeout', 'abc', { id: 'abc', timeoutMs: undefined }],
    ['with a timeout of zero', 'abc;timeout=0', { id: 'abc', timeoutMs: undefined }],
    ['missing', undefined, { id: undefined, timeoutMs: undefined }],
  ];
  it.each(cases)('%s', (_, value, expected) => {
    expect(parseSessionHeader(value)).toEqual(expected);
  });
});

describe('keep-alive', () => {
  it('comes twice per timeout, at least each half minute and at most each second', () => {
    expect([60_000, 10_000, 86_400_000, 100].map(keepAliveIntervalMs)).toEqual([30_000, 5000, 30_000, 1000]);
  });

  const cases: [string, string[], string][] = [
    ['OPTIONS where nothing is known', [], 'OPTIONS'],
    ['GET_PARAMETER where it is offered', ['SET_PARAMETER', 'GET_PARAMETER'], 'GET_PARAMETER'],
    ['SET_PARAMETER where that alone is offered', ['SET_PARAMETER', 'PLAY'], 'SET_PARAMETER'],
  ];
  it.each(cases)('is %s', (_, methods, expected) => {
    expect(keepAliveMethod(new Set(methods))).toBe(expected);
  });
});
