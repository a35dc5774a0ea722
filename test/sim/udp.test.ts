import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import type { SimulatedCamera } from './camera.ts';
import { closeLater, openClient, sleep, startCamera, until } from './camera-under-test.ts';
import { parseRtp, reassemble } from './depacketise.ts';
import { parseFrameNumberSei } from './frame-number-sei.ts';
import { ProbeClient } from './probe-client.ts';
import { openPortPair, type PortPair } from './transport/port-pair.ts';

/** An RTSP client whose one track comes as datagrams. */
class UdpClient {
  readonly rtsp: ProbeClient;
  readonly ports: PortPair;
  readonly rtp: Buffer[] = [];
  readonly rtcp: Buffer[] = [];
  readonly #senders = new Set<number>();

  private constructor(rtsp: ProbeClient, ports: PortPair) {
    this.rtsp = rtsp;
    this.ports = ports;
    ports.rtp.on('message', (datagram, from) => {
      this.rtp.push(datagram);
      this.#senders.add(from.port);
    });
    ports.rtcp.on('message', (datagram) => this.rtcp.push(datagram));
  }

  static async open(camera: SimulatedCamera): Promise<UdpClient> {
    return closeLater(new UdpClient(await ProbeClient.open(camera.url), await openPortPair('127.0.0.1')));
  }

  /** Ports that packets came from. */
  get senders(): number[] {
    return [...this.#senders];
  }

  get frames(): number[] {
    return this.rtp.flatMap((packet) => parseFrameNumberSei(parseRtp(packet).payload, 'h264')?.frame ?? []);
  }

  async setUp(): Promise<{ status: number; transport: string }> {
    const { rtpPort } = this.ports;
    const Transport = `RTP/AVP;unicast;client_port=${rtpPort}-${rtpPort + 1}`;
    const { status, headers } = await this.rtsp.request('SETUP', '/trackID=0', { Transport });
    return { status, transport: headers.get('transport') ?? '' };
  }

  async play(): Promise<string> {
    const { transport } = await this.setUp();
    await this.rtsp.request('PLAY');
    return transport;
  }

  close(): void {
    this.rtsp.close();
    this.ports.close();
  }
}

describe('over UDP a camera', () => {
  test('sends each packet as a datagram from the port that it has named, and sender reports from the next', async () => {
    const camera = await startCamera();
    const client = await UdpClient.open(camera);
    const transport = await client.play();
    await until(() => client.frames.length > 20 && client.rtcp.length > 0);
    const serverPort = Number(/server_port=(\d+)-(\d+)/.exec(transport)![1]);
    const ssrc = Number.parseInt(/ssrc=([0-9A-F]{8})/.exec(transport)![1]!, 16);
    expect(serverPort % 2).toBe(0);
    expect(client.senders).toEqual([serverPort]);
    const packets = client.rtp.map(parseRtp);
    expect(new Set(packets.map((packet) => packet.ssrc))).toEqual(new Set([ssrc]));
    for (const [i, packet] of packets.entries()) {
      expect(packet.sequence).toBe((packets[0]!.sequence + i) & 0xffff);
    }
    expect(client.frames).toEqual(client.frames.map((_, i) => client.frames[0]! + i));
    expect(reassemble(client.rtp, 'h264').length).toBeGreaterThan(20);
    expect([client.rtcp[0]![1], client.rtcp[0]!.readUInt32BE(4)]).toEqual([200, ssrc]);
  });

  test('lets packets overtake each other by the fault jitter, and loses none by it', async () => {
    const camera = await startCamera();
    await camera.setFault({ kind: 'jitter', ms: 100, seed: 2 });
    const client = await UdpClient.open(camera);
    await client.play();
    await until(() => client.rtp.length > 150);
    await camera.clearFaults();
    const count = client.rtp.length;
    await until(() => client.rtp.length > count + 50);
    const sequences = client.rtp.map((packet) => parseRtp(packet).sequence);
    const steps = sequences.slice(1).map((sequence, i) => ((sequence - sequences[i]!) << 16) >> 16);
    expect(steps.filter((step) => step < 0).length).toBeGreaterThan(20);
    // The first to come is not the first that was sent.
    const offsets = sequences.map((sequence) => ((sequence - sequences[0]!) << 16) >> 16).sort((a, b) => a - b);
    expect(offsets).toEqual(offsets.map((_, i) => offsets[0]! + i));
  });

  test('counts hole punches and what the client reports', async () => {
    const camera = await startCamera();
    const client = await UdpClient.open(camera);
    const transport = await client.play();
    const [, rtpPort, rtcpPort] = /server_port=(\d+)-(\d+);ssrc/.exec(transport)!.map(Number);
    const ssrc = Number.parseInt(/ssrc=([0-9A-F]{8})/.exec(transport)![1]!, 16);
    client.ports.rtp.send(Buffer.alloc(12), rtpPort!, camera.address);
    client.ports.rtcp.send(receiverReport(ssrc, { lost: 3 }), rtcpPort!, camera.address);
    client.ports.rtcp.send(receiverReport(ssrc + 1, { lost: 5 }), rtcpPort!, camera.address);
    client.ports.rtcp.send(Buffer.from('no RTCP'), rtcpPort!, camera.address);
    const session = () => camera.counters().main.sessions[0]!;
    await until(() => session().receiverReports > 0 && session().holePunches > 0);
    expect(session()).toMatchObject({ transport: 'udp', holePunches: 1, receiverReports: 1 });
    expect(session().lastReports.video).toMatchObject({ ssrc, packetsLost: 3 });
  });

  test('takes receiver reports for a sign of life', async () => {
    const clock = new ManualClock(Date.UTC(2030, 0, 1));
    const camera = await startCamera({ clock });
    const client = await UdpClient.open(camera);
    const silent = await openClient(camera);
    const transport = await client.play();
    await silent.request('OPTIONS');
    await clock.advance(50_000);
    client.ports.rtcp.send(
      receiverReport(1, { lost: 0 }),
      Number(/server_port=\d+-(\d+)/.exec(transport)![1]),
      camera.address,
    );
    client.ports.rtp.send(Buffer.alloc(12), Number(/server_port=(\d+)/.exec(transport)![1]), camera.address);
    await until(() => camera.counters().main.sessions[0]!.holePunches > 0);
    await clock.advance(50_000);
    await until(() => silent.isClosed); // the camera has looked
    expect(client.rtsp.isClosed).toBe(false);
    await clock.advance(20_000);
    await until(() => client.rtsp.isClosed);
  });

  test('stops with TEARDOWN, and with the connection', async () => {
    const camera = await startCamera();
    const [one, two] = [await UdpClient.open(camera), await UdpClient.open(camera)];
    await one.play();
    await two.play();
    await until(() => one.rtp.length > 0 && two.rtp.length > 0);
    await one.rtsp.request('TEARDOWN');
    two.rtsp.close();
    await until(() => camera.counters().main.sessions.every((session) => session.endCause !== undefined));
    await sleep(100);
    const received = [one.rtp.length, two.rtp.length];
    await sleep(200);
    expect([one.rtp.length, two.rtp.length]).toEqual(received);
  });

  test('goes on without its connection where sessions outlive it, until somebody ends them or 60 s have passed', async () => {
    const clock = new ManualClock(Date.UTC(2030, 0, 1));
    const camera = await startCamera({ sessionsOutlive: true, maxSessions: 2, clock });
    const [one, two] = [await UdpClient.open(camera), await UdpClient.open(camera)];
    await one.play();
    await two.play();
    one.rtsp.close();
    two.rtsp.close();
    await until(() => camera.counters().connections === 0);
    const causes = () => camera.counters().main.sessions.map(({ endCause }) => endCause);
    expect(causes()).toEqual([undefined, undefined]);
    await clock.advance(1_000);
    const received = one.rtp.length;
    await until(() => one.rtp.length > received);

    const third = await UdpClient.open(camera);
    expect((await third.setUp()).status).toBe(453);
    const Session = camera.counters().main.sessions[0]!.id;
    expect((await third.rtsp.request('TEARDOWN', '', { Session })).status).toBe(200);
    expect(causes()).toEqual(['TEARDOWN', undefined]);
    expect((await third.setUp()).status).toBe(200);
    await clock.advance(61_000);
    await until(() => causes()[1] === 'nothing heard for 60 s');
  });

  test('that names no port of its own sends all the same', async () => {
    const client = await UdpClient.open(await startCamera({ udpQuirk: 'no-server-port' }));
    expect(await client.play()).not.toContain('server_port');
    await until(() => client.rtp.length > 0);
  });

  test('that sends nothing says yes, and counts its frames as withheld', async () => {
    const camera = await startCamera({ udpQuirk: 'nothing-sent' });
    const client = await UdpClient.open(camera);
    expect(await client.play()).toContain('server_port');
    await until(() => camera.counters().main.framesWithheld > 10);
    expect([client.rtp.length, client.rtcp.length, camera.counters().main.framesSent]).toEqual([0, 0, 0]);
    const overTcp = await openClient(camera);
    await overTcp.play();
    await until(() => overTcp.packets.length > 0);
  });

  test.each(['tcp', 'udp'] as const)('answers 461 to all but %s where it knows nothing else', async (transport) => {
    const client = await UdpClient.open(await startCamera({ transport }));
    const interleaved = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };
    const statuses = {
      udp: (await client.setUp()).status,
      tcp: (await client.rtsp.request('SETUP', '/trackID=0', interleaved)).status,
    };
    expect(statuses).toEqual({ udp: 461, tcp: 461, [transport]: 200 });
  });
});

function receiverReport(ssrc: number, block: { lost: number }): Buffer {
  const rtcp = Buffer.alloc(32);
  rtcp.set([0x81, 201, 0, 7]);
  rtcp.writeUInt32BE(ssrc, 8);
  rtcp.writeIntBE(block.lost, 13, 3);
  return rtcp;
}
