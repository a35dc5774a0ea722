import { afterEach, describe, expect, test } from 'vitest';
import { closeLater, startCamera, until } from '../sim/camera-under-test.ts';
import { parseRtp } from '../sim/depacketise.ts';
import { ProbeClient } from '../sim/probe-client.ts';
import { openPortPair } from '../sim/transport/port-pair.ts';
import type { ImpairmentOptions } from './impairment.ts';
import { startUdpRelay, type UdpRelay } from './udp-relay.ts';

const ADDRESS = '127.0.200.1';
let relay: UdpRelay | undefined;
afterEach(() => relay?.close());

describe('a relay of datagrams', () => {
  test('lets everything pass as it came, and reports back to the camera', async () => {
    const { camera, packets, transport, ports } = await receive(undefined);
    await until(() => packets.length > 100);
    const sequences = packets.map((packet) => packet.sequence);
    expect(sequences).toEqual(sequences.map((_, i) => (sequences[0]! + i) & 0xffff));
    expect(transport).toContain(`client_port=${ports.rtpPort}-${ports.rtpPort + 1}`);
    const serverPort = Number(/server_port=(\d+)/.exec(transport)![1]);
    ports.rtp.send(Buffer.alloc(12), serverPort, ADDRESS);
    await until(() => camera.counters().main.sessions[0]!.holePunches === 1);
    expect(relay!.log.dropped).toBe(0);
    expect(relay!.log.framesHit).toEqual(new Set());
  });

  test('knows which packets and frames it has hit', async () => {
    const { camera, packets } = await receive({ lossShare: 0.05, reorderShare: 0.1, jitterMs: 20, seed: 5 });
    await until(() => relay!.log.packets > 400, 20_000);
    relay!.setImpairment(undefined);
    const count = packets.length;
    await until(() => packets.length > count + 50);
    const first = packets[0]!.sequence;
    const received = new Set(packets.map(({ sequence }) => (sequence - first) & 0xffff));
    const span = Math.max(...received) + 1;
    expect(relay!.log.dropped).toBe(span - received.size);
    expect(relay!.log.dropped).toBeGreaterThan(5);
    expect(camera.counters().main.framesDamaged).toBe(0);
    // A frame is hit when its timestamp has fewer packets than the camera sent.
    expect(relay!.log.framesHit.size).toBeGreaterThan(3);
    expect(relay!.log.framesHit.size).toBeLessThanOrEqual(relay!.log.dropped);
  });
});

/** A client of the relay in front of a camera. */
async function receive(impairment: ImpairmentOptions | undefined) {
  const camera = await startCamera();
  relay = await startUdpRelay(camera.url, ADDRESS, impairment);
  const client = closeLater(await ProbeClient.open(relay.url));
  const ports = closeLater(await openPortPair('127.0.0.1'));
  const packets: ReturnType<typeof parseRtp>[] = [];
  ports.rtp.on('message', (datagram) => packets.push(parseRtp(datagram)));
  expect((await client.request('DESCRIBE')).body).toContain('m=video');
  const Transport = `RTP/AVP;unicast;client_port=${ports.rtpPort}-${ports.rtpPort + 1}`;
  const { headers } = await client.request('SETUP', '/trackID=0', { Transport });
  await client.request('PLAY');
  return { camera, packets, ports, transport: headers.get('transport')! };
}
