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
    ['two channels that are no neighbours', 'RTP/AVP/TCP;interleaved=2-7', { channel: 2, rtcpChannel: 7 }],
    ['only the name', 'RTP/AVP/TCP', { way: 'interleaved', channel: undefined, ssrc: undefined }],
    ['nothing of use', 'RTP/AVP', { way: undefined, channel: undefined, ssrc: undefined }],
    ['none', undefined, { way: undefined, channel: undefined, ssrc: undefined }],
    [
      'datagrams',
      'RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971;ssrc=1A2B3C4D;mode="PLAY"',
      { way: 'datagrams', serverPorts: { rtp: 6970, rtcp: 6971 }, ssrc: 0x1a2b3c4d, source: undefined },
    ],
    [
      'datagrams from another address',
      'RTP/AVP/UDP;unicast; source = 10.0.0.7 ;server_port=6970',
      { way: 'datagrams', serverPorts: { rtp: 6970, rtcp: 6971 }, source: '10.0.0.7' },
    ],
    ['an IPv6 source', 'RTP/AVP;unicast;source="[fe80::1]";server_port=2-3', { source: 'fe80::1' }],
    ['a source that is a name', 'RTP/AVP;unicast;source=camera.lan;server_port=2-3', { source: undefined }],
    ['a source of zeroes', 'RTP/AVP;unicast;source=0.0.0.0;server_port=2-3', { source: undefined }],
    ['no server port (OpenIPC)', 'RTP/AVP;unicast;client_port=5000-5001', { way: 'datagrams', serverPorts: undefined }],
    ['a server port of zero', 'RTP/AVP;unicast;server_port=0-0', { way: 'datagrams', serverPorts: undefined }],
    ['a server port beyond all ports', 'RTP/AVP;unicast;server_port=70000-70001', { serverPorts: undefined }],
    ['a last port', 'RTP/AVP;unicast;server_port=65535', { way: 'datagrams', serverPorts: undefined }],
    ['multicast', 'RTP/AVP;multicast;destination=239.1.1.1;port=5000-5001;ttl=5', { way: 'multicast' }],
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
