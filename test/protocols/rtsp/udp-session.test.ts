import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { MAX_WAIT_MS } from '../../../src/media/rtp/reorder-buffer.ts';
import { readRtcp } from '../../../src/media/rtp/rtcp.ts';
import type { RtspClientOptions } from '../../../src/protocols/rtsp/client-session.ts';
import { FIRST_DATAGRAM_MS } from '../../../src/protocols/rtsp/media-session.ts';
import { RELEARN_MS, type TransportMemory } from '../../../src/protocols/rtsp/transport-choice.ts';
import { senderReport } from '../../media/rtp/rtcp-packets.ts';
import { lengthPrefixed } from '../../media/rtp/rtp-packets.ts';
import { seededRandom } from '../../seeded.ts';
import { DELTA, IDR, PPS, SPS } from './scripted-camera.ts';
import { UdpCamera, type UdpCameraOptions } from './udp-camera.ts';
import { until, Viewer } from './viewer.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

async function camera(options?: UdpCameraOptions): Promise<UdpCamera> {
  const started = await new UdpCamera(options).start();
  open.push(started);
  return started;
}

function view(cam: UdpCamera, options: Partial<RtspClientOptions> = {}): Viewer {
  const viewer = new Viewer(cam.url, { transport: 'udp', silenceTimeoutMs: Number.POSITIVE_INFINITY, ...options });
  open.push(viewer.client);
  return viewer;
}

/** Key frame and two pictures behind it: 3 + 1 + 1 packets and parameter sets. */
function threePictures(cam: UdpCamera): Buffer[] {
  return [...cam.picture(0, [SPS, PPS, IDR]), ...cam.picture(3600, [DELTA]), ...cam.picture(7200, [DELTA])];
}

const sendsPictures: UdpCameraOptions = {
  onPlay: (cam) => void cam.send(...threePictures(cam)),
};
const KEY = lengthPrefixed(SPS, PPS, IDR);
const HANDSHAKE = ['OPTIONS', 'DESCRIBE'];
const overUdp = [...HANDSHAKE, 'SETUP RTP/AVP', 'PLAY'];
const overTcp = [...HANDSHAKE, 'SETUP RTP/AVP/TCP', 'PLAY'];

/** Starts on a clock that stands still but for what the test lets pass. */
async function startWaiting(viewer: Viewer, clock: ManualClock, waitMs: number, cam: UdpCamera): Promise<void> {
  const starting = viewer.client.start();
  await until(() => cam.requests.includes('PLAY'), 'PLAY');
  for (let waited = 0; waited < waitMs; waited += 100) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(100);
  }
  await starting;
}

describe('over UDP a session', () => {
  it('delivers pictures, and ends with TEARDOWN', async () => {
    const cam = await camera(sendsPictures);
    const viewer = view(cam);
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
    expect(viewer.units[0]!.data.equals(KEY)).toBe(true);
    expect(viewer.client.transportInUse).toBe('udp');
    expect(viewer.client.counters).toMatchObject({ packetsReceived: 7, packetsLost: 0, videoFrames: 3 });
    await viewer.client.stop();
    expect(cam.requests).toEqual([...overUdp, 'TEARDOWN']);
    expect(viewer.closed).toEqual([]);
  });

  it('makes a way through firewalls until the first packet comes, to both ports of the camera', async () => {
    const clock = new ManualClock(0);
    const cam = await camera();
    const viewer = view(cam, { clock });
    const starting = viewer.client.start();
    await until(() => cam.rtpReceived.length === 1 && cam.rtcpReceived.length === 1, 'a first attempt');
    await clock.advance(500);
    await until(() => cam.rtpReceived.length === 2 && cam.rtcpReceived.length === 2, 'a second one');
    await cam.send(...threePictures(cam));
    await starting;
    await clock.advance(4000);
    expect(cam.rtpReceived).toHaveLength(2);
  });

  it('reports to the camera at least every 5 s what came', async () => {
    const clock = new ManualClock(0);
    const cam = await camera();
    const viewer = view(cam, { clock });
    const starting = viewer.client.start();
    await until(() => cam.rtcpReceived.length === 1, 'the way through firewalls');
    const packets = threePictures(cam);
    await cam.send(...packets.slice(0, 5), ...packets.slice(6));
    await starting;
    await until(() => viewer.client.counters.packetsReceived === 6, 'the packets');
    await cam.sendRtcp(senderReport({ ntpSeconds: 0xe9001234, ntpFraction: 0x56780000, timestamp: 3600 }));
    await until(() => viewer.hints.length === 1, 'the hint');
    expect(viewer.hints[0]).toMatchObject({ kind: 'video', rtpTime: 3600 });
    await clock.advance(1000);
    for (let second = 1; second < 10; second++) await clock.advance(1000);
    await until(() => cam.rtcpReceived.length === 3, 'two reports');
    const [first, second] = cam.rtcpReceived.slice(1).map((bytes) => readRtcp(bytes, 0, bytes.length));
    expect(first).toMatchObject([
      {
        kind: 'receiver-report',
        blocks: [
          {
            ssrc: 0x1234,
            fractionLost: Math.floor(256 / 7),
            packetsLost: 1,
            highestSequence: 65_536,
            lastSenderReport: 0x12345678,
            delaySinceLastSenderReport: 4.5 * 65_536,
          },
        ],
      },
      { kind: 'source-description' },
    ]);
    expect(second).toMatchObject([{ blocks: [{ fractionLost: 0, packetsLost: 1 }] }, {}]);
  });

  it('learns where to report to from the camera that names no port (OpenIPC)', async () => {
    const clock = new ManualClock(0);
    const cam = await camera({ answer: ({ client }) => `RTP/AVP;unicast;client_port=${client}`, ...sendsPictures });
    const viewer = view(cam, { clock });
    await viewer.client.start();
    await cam.sendRtcp(senderReport());
    await until(() => viewer.hints.length === 1, 'the hint');
    await clock.advance(5000);
    await until(() => cam.rtcpReceived.length === 1, 'a report');
    expect(cam.rtpReceived).toEqual([]);
  });

  it('goes on where the camera refuses what makes a way for it (ICMP)', async () => {
    const cam = await camera({ answer: () => 'RTP/AVP;unicast;server_port=1-2', ...sendsPictures });
    const viewer = view(cam);
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
  });

  it('takes datagrams of 10,000 bytes (Tapo)', async () => {
    const large = Buffer.concat([IDR, Buffer.alloc(20_000, 0x66)]);
    const cam = await camera({ onPlay: (cam) => void cam.send(...cam.picture(0, [SPS, PPS, large], 10_000)) });
    const viewer = view(cam);
    await viewer.client.start();
    await until(() => viewer.units.length === 1, 'a unit');
    expect(viewer.units[0]!.data.equals(lengthPrefixed(SPS, PPS, large))).toBe(true);
  });

  it('takes no datagrams from hosts that are not the camera', async () => {
    const cam = await camera({
      onPlay: (cam) => {
        const [foreign, ...packets] = [...cam.picture(0, [SPS]), ...threePictures(cam)];
        void cam.sendFrom('127.0.0.9', foreign!).then(() => cam.send(...packets));
      },
    });
    const viewer = view(cam);
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
    expect(viewer.client.counters).toMatchObject({ packetsReceived: 7, packetsLost: 0 });
  });

  it('tells the camera over a new connection that it is over, when the old one is lost', async () => {
    const cam = await camera(sendsPictures);
    const viewer = view(cam);
    await viewer.client.start();
    cam.cutConnections();
    await until(() => viewer.closed.length === 1, 'the end');
    expect(viewer.closed[0]).toMatchObject({ kind: 'unreachable' });
    await viewer.client.stop();
    expect(cam.requests).toEqual([...overUdp, 'TEARDOWN']);
    expect(cam.connections).toBe(2);
  });

  it('ends when the camera is silent', async () => {
    const clock = new ManualClock(0);
    const cam = await camera(sendsPictures);
    const viewer = view(cam, { clock, silenceTimeoutMs: 5000 });
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
    for (let second = 0; second < 6; second++) await clock.advance(1000);
    expect(viewer.closed[0]).toMatchObject({ kind: 'timeout', message: expect.stringContaining('no packet') });
  });
});

describe('datagrams that are lost, late, doubled or in disorder', () => {
  it('are put into order', async () => {
    const cam = await camera({
      onPlay: (cam) => {
        const [a, b, c, d, e, f, g] = threePictures(cam) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
        void cam.send(a, c, b, b, g, f, e, d, a);
      },
    });
    const viewer = view(cam);
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
    expect(viewer.units[0]!.data.equals(KEY)).toBe(true);
    expect(viewer.client.counters).toMatchObject({ packetsLost: 0, packetsLate: 0, framesDropped: 0 });
  });

  it('are waited for, and cost no more than the picture that they belong to', async () => {
    const cam = await camera();
    const clock = new ManualClock(0);
    const viewer = view(cam, { clock });
    const starting = viewer.client.start();
    await until(() => cam.rtpReceived.length === 1, 'the way through firewalls');
    const packets = threePictures(cam);
    const next = cam.picture(10_800, [SPS, PPS, IDR]);
    await cam.send(...packets.slice(0, 5), ...packets.slice(6), ...next);
    await starting;
    await until(() => viewer.client.counters.packetsReceived === 11, 'the packets');
    expect(viewer.units.map((unit) => unit.rtpTime)).toEqual([0]);
    // Nothing comes behind them: time alone gives up what is missing.
    await clock.advance(MAX_WAIT_MS);
    expect(viewer.units.map((unit) => unit.rtpTime)).toEqual([0, 7200, 10_800]);
    expect(viewer.client.counters).toMatchObject({ packetsLost: 1, packetsLate: 0 });
    await cam.send(packets[5]!);
    await until(() => viewer.client.counters.packetsLate === 1, 'the late packet');
    expect(viewer.client.counters).toMatchObject({ packetsLost: 0 });
  });

  it('over a wrap of the numbers, with 5 % in disorder and 1 % lost: all but the lost pictures come', async () => {
    const random = seededRandom(7);
    const cam = await camera();
    const viewer = view(cam);
    const starting = viewer.client.start();
    await until(() => cam.rtpReceived.length >= 1, 'the way through firewalls');
    const pictures = 600;
    let lost = 0;
    const delayed: { packet: Buffer; dueAt: number }[] = [];
    let sent = 0;
    await cam.send(...cam.picture(0, [SPS, PPS, IDR]));
    for (let i = 1; i <= pictures; i++) {
      // Key frames throughout, so that a loss costs the one picture.
      for (const packet of cam.picture(i * 3600, [IDR.subarray(0, 1200)])) {
        sent++;
        if (i < pictures - 10 && random() < 0.01) lost++;
        else if (i < pictures - 10 && random() < 0.05)
          delayed.push({ packet, dueAt: sent + 1 + Math.floor(random() * 8) });
        else await cam.send(packet);
        for (const { packet } of delayed.filter(({ dueAt }) => dueAt === sent)) await cam.send(packet);
      }
    }
    await starting;
    await until(() => viewer.units.at(-1)?.rtpTime === pictures * 3600, 'the last picture');
    expect(lost).toBeGreaterThan(0);
    expect(viewer.units).toHaveLength(1 + pictures - lost);
    expect(viewer.client.counters).toMatchObject({ packetsLost: lost, packetsLate: 0 });
    const times = viewer.units.map((unit) => unit.rtpTime);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const arrivals = viewer.units.map((unit) => unit.arrivalMonotonicMs);
    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
  });
});

describe('the choice of a transport', () => {
  it('auto: UDP where the camera refuses TCP, over a new connection; the next session does so at once', async () => {
    const cam = await camera({ transport: 'udp', ...sendsPictures });
    const transportMemory: TransportMemory = {};
    const first = view(cam, { transport: 'auto', transportMemory });
    await first.client.start();
    expect(first.client.transportInUse).toBe('udp');
    expect(cam.requests).toEqual([...HANDSHAKE, 'SETUP RTP/AVP/TCP', ...overUdp]);
    expect(cam.connections).toBe(2);
    await first.client.stop();
    await view(cam, { transport: 'auto', transportMemory }).client.start();
    expect(cam.requests.slice(7)).toEqual(['TEARDOWN', ...overUdp]);
  });

  it('auto: a camera that answers TCP with datagrams is told goodbye, and asked for them', async () => {
    const script: UdpCameraOptions['script'] = (request) => {
      const isTcp = request.headers.get('transport')?.[0]?.includes('TCP');
      if (!isTcp) return undefined;
      return {
        headers: [
          ['Transport', 'RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001'],
          ['Session', '1'],
        ],
      };
    };
    const cam = await camera({ script, ...sendsPictures });
    const viewer = view(cam, { transport: 'auto' });
    await viewer.client.start();
    expect(viewer.client.transportInUse).toBe('udp');
    expect(cam.requests).toEqual([...HANDSHAKE, 'SETUP RTP/AVP/TCP', 'TEARDOWN', ...overUdp]);
  });

  it('udp: TCP where nothing comes within 3 s; the next session uses TCP at once, and tries again later', async () => {
    const clock = new ManualClock(0);
    const cam = await camera();
    const transportMemory: TransportMemory = {};
    const first = view(cam, { clock, transportMemory });
    await startWaiting(first, clock, FIRST_DATAGRAM_MS, cam);
    expect(first.client.transportInUse).toBe('tcp');
    expect(cam.requests).toEqual([...overUdp, 'TEARDOWN', ...overTcp]);
    expect(cam.connections).toBe(2);
    await first.client.stop();
    const second = view(cam, { clock, transportMemory });
    await second.client.start();
    expect(cam.requests.slice(9)).toEqual(['TEARDOWN', ...overTcp]);
    await second.client.stop();
    await clock.advance(RELEARN_MS);
    const third = view(cam, { clock, transportMemory });
    third.client.start().catch(() => undefined); // ends with the test
    await until(() => cam.requests.length === 19, 'PLAY');
    expect(cam.requests.slice(15)).toEqual(overUdp);
  });

  it('udp: sender reports alone are no media', async () => {
    const clock = new ManualClock(0);
    const cam = await camera({ onPlay: (cam) => void cam.sendRtcp(senderReport()) });
    const viewer = view(cam, { clock });
    await startWaiting(viewer, clock, FIRST_DATAGRAM_MS, cam);
    expect(viewer.client.transportInUse).toBe('tcp');
  });

  it('udp: TCP where the camera refuses UDP', async () => {
    const cam = await camera({ transport: 'tcp' });
    const viewer = view(cam);
    await viewer.client.start();
    expect(viewer.client.transportInUse).toBe('tcp');
    expect(cam.requests).toEqual([...HANDSHAKE, 'SETUP RTP/AVP', ...overTcp]);
  });

  it('udp: TCP where the camera answers with channels of the connection', async () => {
    const cam = await camera({ answer: () => 'RTP/AVP/TCP;unicast;interleaved=0-1' });
    const viewer = view(cam);
    await viewer.client.start();
    expect(viewer.client.transportInUse).toBe('tcp');
    expect(cam.requests).toEqual([...HANDSHAKE, 'SETUP RTP/AVP', 'TEARDOWN', ...overTcp]);
  });

  it('tcp: nothing else, whatever the camera says', async () => {
    const cam = await camera({ transport: 'udp' });
    await expect(view(cam, { transport: 'tcp' }).client.start()).rejects.toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('461'),
    });
    expect(cam.connections).toBe(1);
  });

  it('a camera that refuses both', async () => {
    const cam = await camera({ script: (request) => (request.method === 'SETUP' ? { status: 461 } : undefined) });
    await expect(view(cam, { transport: 'auto' }).client.start()).rejects.toMatchObject({ kind: 'protocol' });
    expect(cam.requests).toEqual([...HANDSHAKE, 'SETUP RTP/AVP/TCP', ...HANDSHAKE, 'SETUP RTP/AVP']);
  });

  it('stop() while the first packet is waited for ends the attempt, and tells the camera', async () => {
    const cam = await camera();
    const viewer = view(cam);
    const starting = viewer.client.start();
    starting.catch(() => undefined);
    await until(() => cam.rtpReceived.length > 0, 'PLAY');
    await viewer.client.stop();
    await expect(starting).rejects.toMatchObject({ kind: 'unreachable' });
    expect(cam.requests).toEqual([...overUdp, 'TEARDOWN']);
  });
});
