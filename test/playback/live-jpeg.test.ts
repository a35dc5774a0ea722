import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { LiveHub } from '../../src/channels/live-hub.ts';
import type { LiveFormat, LiveState } from '../../src/channels/live-source.ts';
import type { Command, Fact, LiveUnit } from '../../src/link/messages.ts';
import { mjpegFormat } from '../../src/media/video/mjpeg-depacketiser.ts';
import {
  type LiveOutlet,
  LiveSocket,
  MAX_BUFFERED_JPEG_BYTES,
  SocketWatcher,
} from '../../src/servers/admin/live-socket.ts';
import { SESSION_COOKIE, Sessions } from '../../src/servers/admin/sessions.ts';
import { makeClip } from './footage.ts';

const recording: LiveState = { state: 'recording', cause: null, detail: '' };
const failing: LiveState = { state: 'failing', cause: 'camera-unreachable', detail: 'connection refused' };

/** G.711 beside the pictures, as old cameras send it. */
const format: LiveFormat = {
  video: mjpegFormat(640, 360),
  audio: { kind: 'audio', codec: 'pcmu', codecString: 'ulaw', clockRate: 8_000, channels: 1, config: Buffer.alloc(0) },
};

/** What stands for a JPEG file: its number, and as many bytes as asked for. */
function picture(number: number, sizeBytes = 64): LiveUnit {
  const data = Buffer.alloc(sizeBytes);
  data.writeUInt32BE(number);
  const ticks = number * 3_600;
  return { watchId: 1, kind: 'video', isKey: true, rtpTime: ticks, dtsTicks: ticks, wallUtcMs: number * 40, data };
}

/** Remembers what was sent, texts parsed. */
function recorder(): LiveOutlet & { sent: unknown[]; bufferedAmount: number } {
  const sent: unknown[] = [];
  const send = (data: unknown) => void sent.push(typeof data === 'string' ? JSON.parse(data) : data);
  return { sent, bufferedAmount: 0, send: send as LiveOutlet['send'] };
}

describe('one watcher of Motion JPEG', () => {
  test('the format says so, and each file goes as it is, without the sound, also when sound is asked for', () => {
    const outlet = recorder();
    const watcher = new SocketWatcher(outlet, true);
    watcher.onState(recording);
    watcher.onFormat(format);
    const sound: LiveUnit = { ...picture(9), kind: 'audio' };
    const [first, second] = [picture(1), picture(2)];
    for (const unit of [sound, first, sound, second]) watcher.onUnit(unit);
    expect(outlet.sent).toEqual([
      {
        ...{ kind: 'format', media: 'jpeg', mime: 'image/jpeg', codec: 'mp4v.6C' },
        ...{ width: 640, height: 360, hasSound: false },
      },
      first.data,
      second.data,
    ]);
  });

  test('a slow one loses what comes while too much waits, and goes on with the very next picture', () => {
    const outlet = recorder();
    const watcher = new SocketWatcher(outlet, false);
    watcher.onFormat(format);
    const waitingBytes = [0, MAX_BUFFERED_JPEG_BYTES, MAX_BUFFERED_JPEG_BYTES + 1, 2 * MAX_BUFFERED_JPEG_BYTES, 0];
    for (const [number, bytes] of waitingBytes.entries()) {
      outlet.bufferedAmount = bytes;
      watcher.onUnit(picture(number));
    }
    expect(outlet.sent.slice(1)).toEqual([0, 1, 4].map((number) => picture(number).data));
  });

  test('is told why nothing comes, and begins anew with the format', () => {
    const outlet = recorder();
    const watcher = new SocketWatcher(outlet, false);
    watcher.onFormat(format);
    watcher.onUnit(picture(1));
    watcher.onState(failing);
    watcher.onState(recording);
    watcher.onUnit(picture(2));
    expect(outlet.sent.map((data) => (Buffer.isBuffer(data) ? 'picture' : (data as { kind: string }).kind))).toEqual([
      ...['format', 'picture', 'state'],
      ...['format', 'picture'],
    ]);
  });

  test('of a camera that is set to H.264 and back gets with each format what belongs to it', async () => {
    const clip = await makeClip({ seconds: 1 });
    const sample = clip.pictures[0]!;
    const outlet = recorder();
    const watcher = new SocketWatcher(outlet, false);
    watcher.onFormat(format);
    watcher.onUnit(picture(1));
    watcher.onFormat(clip);
    watcher.onUnit({ ...picture(2), dtsTicks: sample.dts, rtpTime: sample.pts, data: sample.data });
    watcher.onFormat(format);
    watcher.onUnit(picture(3));
    const seen = outlet.sent.map((data) => {
      if (!Buffer.isBuffer(data)) return (data as { media: string }).media;
      return data.length === 64 ? data.readUInt32BE() : data.toString('latin1', 4, 8);
    });
    expect(seen).toEqual(['jpeg', 1, 'mp4', 'ftyp', 'prft', 'jpeg', 3]);
  });
});

/** Each picture as large as many cameras' are; all of them are far more than two sockets hold. */
const LARGE_BYTES = 256 * 1024;
const LARGE_COUNT = 200;

describe('two watchers of Motion JPEG over connections', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  test('one that reads nothing loses pictures; the other gets each, and one watch of the recorder serves both', async () => {
    const commands: Command[] = [];
    const hub = new LiveHub({ send: (command) => commands.push(command) > 0, stateOf: () => recording });
    const host = await serve(hub);
    const quick = connect(host);
    const slow = connect(host);
    await Promise.all([once(quick.socket, 'open'), once(slow.socket, 'open')]);
    await expect.poll(() => commands.length).toBe(1);
    hub.onFact(formatFact);
    hub.onUnit(picture(0));
    await expect.poll(() => [quick.numbers, slow.numbers]).toEqual([[0], [0]]);

    slow.socket.pause();
    for (let number = 1; number <= LARGE_COUNT; number++) {
      const arrival = once(quick.socket, 'message');
      hub.onUnit(picture(number, LARGE_BYTES));
      await arrival;
    }
    expect(quick.numbers).toEqual(Array.from({ length: LARGE_COUNT + 1 }, (_, number) => number));

    slow.socket.resume();
    // What waited for it has gone out once a picture gets through again.
    let number = LARGE_COUNT;
    await expect
      .poll(() => {
        hub.onUnit(picture(++number));
        return slow.numbers.at(-1);
      })
      .toBeGreaterThan(LARGE_COUNT);
    const large = slow.numbers.filter((seen) => seen > 0 && seen <= LARGE_COUNT);
    expect(large.length).toBeLessThan(LARGE_COUNT);
    expect(large).toEqual(Array.from(large, (_, i) => i + 1));
    expect(commands).toEqual([{ kind: 'watch', watchId: 1, channelId: 'old-camera' }]);
  });

  const formatFact: Fact = {
    kind: 'live-format',
    watchId: 1,
    channelId: 'old-camera',
    video: { ...mjpegFormat(640, 360), vps: [], sps: [], pps: [] },
    audio: null,
  };

  let cookie: string;
  async function serve(hub: LiveHub): Promise<string> {
    const sessions = new Sessions({ clock: new ManualClock(0) });
    cookie = `${SESSION_COOKIE}=${sessions.create()}`;
    const live = new LiveSocket({ live: hub, sessions, channelIdOf: () => 'old-camera', log: silentLog });
    live.start();
    const server = createServer();
    server.on('upgrade', (request, socket, head) => live.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => {
      live.stop();
      server.close();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function connect(host: string): { socket: WebSocket; numbers: number[] } {
    const address = `ws://${host}/api/v1/channels/1/live`;
    const socket = new WebSocket(address, { headers: { cookie, origin: `http://${host}` } });
    const numbers: number[] = [];
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) numbers.push(data.readUInt32BE());
    });
    return { socket, numbers };
  }
});
