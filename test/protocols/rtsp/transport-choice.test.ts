import { describe, expect, it } from 'vitest';
import {
  type MediaTransport,
  RELEARN_MS,
  type TransportMemory,
  type TransportSetting,
  transportsToTry,
} from '../../../src/protocols/rtsp/transport-choice.ts';

const NOW_MS = 5 * RELEARN_MS;
const RECENTLY = NOW_MS - RELEARN_MS + 1;
const LONG_AGO = NOW_MS - RELEARN_MS;

describe('transports to try', () => {
  const cases: [string, TransportSetting, TransportMemory, MediaTransport[]][] = [
    ['auto: TCP, and UDP for who refuses it', 'auto', {}, ['tcp', 'udp']],
    ['auto, TCP refused a moment ago: UDP at once', 'auto', { tcpRefusedMs: RECENTLY }, ['udp', 'tcp']],
    ['auto, TCP refused long ago: tried again', 'auto', { tcpRefusedMs: LONG_AGO }, ['tcp', 'udp']],
    ['auto, both failed', 'auto', { tcpRefusedMs: RECENTLY, udpFailedMs: RECENTLY }, ['tcp', 'udp']],
    ['udp: TCP where nothing comes', 'udp', {}, ['udp', 'tcp']],
    ['udp, in vain a moment ago: TCP first', 'udp', { udpFailedMs: RECENTLY }, ['tcp', 'udp']],
    ['udp, in vain long ago: tried again', 'udp', { udpFailedMs: LONG_AGO }, ['udp', 'tcp']],
    ['tcp: nothing else', 'tcp', { tcpRefusedMs: RECENTLY }, ['tcp']],
    ['http: nothing else', 'http', {}, ['http']],
  ];
  it.each(cases)('%s', (_, setting, memory, expected) => {
    expect(transportsToTry(setting, false, memory, NOW_MS)).toEqual(expected);
  });

  it('what is encrypted never leaves the connection', () => {
    const settings: TransportSetting[] = ['auto', 'tcp', 'udp', 'http'];
    const memory = { tcpRefusedMs: RECENTLY };
    expect(settings.map((setting) => transportsToTry(setting, true, memory, NOW_MS))).toEqual([
      ['tcp'],
      ['tcp'],
      ['tcp'],
      ['http'],
    ]);
  });
});
