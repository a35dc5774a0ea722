import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { readRtcp } from '../../../src/media/rtp/rtcp.ts';
import { DatagramPath } from '../../../src/protocols/rtsp/datagram-path.ts';
import { parseTransport } from '../../../src/protocols/rtsp/transport.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

/** One UDP port of a camera, or of somebody else. */
async function port(address: string): Promise<{ socket: Socket; port: number; received: Buffer[] }> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const received: Buffer[] = [];
  socket.on('message', (bytes) => received.push(bytes));
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  open.push(socket);
  return { socket, port: socket.address().port, received };
}

async function path(address = '127.0.0.1') {
  const packets: { channel: number; text: string }[] = [];
  const made = new DatagramPath({
    localAddress: address,
    cameraAddress: address,
    clock: systemClock,
    onPacket: (channel, bytes) => packets.push({ channel, text: bytes.toString('latin1', 0, 8) }),
  });
  open.push(made);
  const offer = await made.offer(0);
  const [rtp, rtcp] = /client_port=(\d+)-(\d+)/.exec(offer)!.slice(1).map(Number) as [number, number];
  return { made, packets, offer, rtp, rtcp };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 3000) throw new Error(`did not happen: ${what}`);
    await systemClock.sleep(5);
  }
}

const udp = (more = '') => parseTransport(`RTP/AVP;unicast${more}`);

describe('datagrams beside the connection', () => {
  it('come to an even port and the one behind it, another pair for each track', async () => {
    const { made, offer, rtp, rtcp } = await path();
    expect(offer).toBe(`RTP/AVP;unicast;client_port=${rtp}-${rtcp}`);
    expect([rtp % 2, rtcp]).toEqual([0, rtp + 1]);
    expect(await made.offer(1)).not.toBe(offer);
    expect(made.accept(0, udp(';server_port=6000-6001;ssrc=0a'))).toEqual({
      channel: 0,
      rtcpChannel: 1,
      ssrc: 10,
      isDatagrams: true,
    });
    expect(made.accept(1, udp())).toMatchObject({ channel: 2, rtcpChannel: 3 });
  });

  it('are not what a camera sends that answers with a channel, or with multicast', async () => {
    const { made } = await path();
    expect(made.accept(0, parseTransport('RTP/AVP/TCP;unicast;interleaved=0-1'))).toBeUndefined();
    expect(made.accept(0, parseTransport('RTP/AVP;multicast;destination=239.0.0.1;port=2-3'))).toBeUndefined();
  });

  it('are handed on with the channel that their port stands for, up to the largest that there are', async () => {
    const { made, packets, rtp, rtcp } = await path();
    made.accept(0, udp());
    const camera = await port('127.0.0.1');
    camera.socket.send('media', rtp, '127.0.0.1');
    await until(() => packets.length === 1, 'media');
    camera.socket.send('report', rtcp, '127.0.0.1');
    await until(() => packets.length === 2, 'a report');
    camera.socket.send(Buffer.alloc(65_507, 'x'), rtp, '127.0.0.1');
    await until(() => packets.length === 3, 'a large one');
    expect(packets).toEqual([
      { channel: 0, text: 'media' },
      { channel: 1, text: 'report' },
      { channel: 0, text: 'xxxxxxxx' },
    ]);
    expect(made.bytesReceived).toBe(5 + 6 + 65_507);
  });

  it('of other hosts are not taken, but those of the announced source are', async () => {
    const { made, packets, rtp } = await path();
    made.accept(0, udp(';source=127.0.0.3;server_port=6000-6001'));
    const [stranger, source] = [await port('127.0.0.2'), await port('127.0.0.3')];
    stranger.socket.send('foreign', rtp, '127.0.0.1');
    await until(() => made.datagramsForeign === 1, 'the foreign one');
    source.socket.send('ours', rtp, '127.0.0.1');
    await until(() => packets.length === 1, 'ours');
    expect(packets).toEqual([{ channel: 0, text: 'ours' }]);
  });

  it('over IPv6, from a source in another way of writing', async () => {
    const { made, packets, rtp } = await path('::1');
    made.accept(0, udp(';source=0:0:0:0:0:0:0:1'));
    const camera = await port('::1');
    camera.socket.send('media', rtp, '::1');
    await until(() => packets.length === 1, 'media');
  });

  it('find their way through firewalls, because both ports of the camera hear from us', async () => {
    const { made } = await path();
    const [rtp, rtcp] = [await port('127.0.0.1'), await port('127.0.0.1')];
    made.accept(0, udp(`;server_port=${rtp.port}-${rtcp.port}`));
    made.punchHoles();
    await until(() => rtp.received.length === 1 && rtcp.received.length === 1, 'both');
    expect(rtp.received[0]!.length).toBe(12);
    const report = rtcp.received[0]!;
    expect(readRtcp(report, 0, report.length)).toEqual([{ kind: 'receiver-report', ssrc: 0, blocks: [] }]);
  });

  it('refused by the camera (ICMP): nothing happens, and later ones come', async () => {
    const { made, packets, rtp } = await path();
    const gone = await port('127.0.0.1');
    const { port: closedPort } = gone;
    await new Promise<void>((resolve) => gone.socket.close(resolve));
    open.splice(open.indexOf(gone.socket), 1);
    made.accept(0, udp(`;server_port=${closedPort}-${closedPort}`));
    for (let i = 0; i < 5; i++) made.punchHoles();
    const camera = await port('127.0.0.1');
    camera.socket.send('media', rtp, '127.0.0.1');
    await until(() => packets.length === 1, 'media');
  });

  it('without a server port: no holes, and reports go where those of the camera come from', async () => {
    const { made, packets, rtcp } = await path();
    const camera = await port('127.0.0.1');
    made.accept(0, udp());
    made.punchHoles();
    made.sendRtcp(1, Buffer.from('too early'));
    camera.socket.send('report', rtcp, '127.0.0.1');
    await until(() => packets.length === 1, 'the report of the camera');
    made.sendRtcp(1, Buffer.from('ours'));
    await until(() => camera.received.length === 1, 'our report');
    expect(camera.received.map(String)).toEqual(['ours']);
  });

  it('need ports at an address that is ours', async () => {
    const made = new DatagramPath({
      localAddress: '192.0.2.1',
      cameraAddress: '192.0.2.2',
      clock: systemClock,
      onPacket: () => undefined,
    });
    await expect(made.offer(0)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('192.0.2.1'),
    });
  });

  it('after the end: nothing is sent, and the ports are free', async () => {
    const { made, rtp } = await path();
    made.close();
    made.close();
    made.punchHoles();
    made.sendRtcp(1, Buffer.from('x'));
    const socket = createSocket('udp4');
    open.push(socket);
    await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(rtp, '127.0.0.1', resolve));
  });
});
