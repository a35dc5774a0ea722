import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { LiveState, LiveWatcher } from '../../src/channels/live-source.ts';
import type { LiveUnit } from '../../src/link/messages.ts';
import { type LiveOutlet, LiveSocket, MAX_BUFFERED_BYTES, SocketWatcher } from '../../src/servers/admin/live-socket.ts';
import { SESSION_COOKIE, Sessions } from '../../src/servers/admin/sessions.ts';
import { type Clip, makeClip } from './footage.ts';

const recording: LiveState = { state: 'recording', cause: null, detail: '' };
const failing: LiveState = { state: 'failing', cause: 'camera-unreachable', detail: 'connection refused' };

let clip: Clip;
let units: LiveUnit[];
beforeAll(async () => {
  clip = await makeClip({ seconds: 3 });
  units = clip.pictures.map((s) => ({
    watchId: 1,
    kind: 'video',
    isKey: s.isKey,
    rtpTime: s.pts,
    dtsTicks: s.dts,
    wallUtcMs: 1_800_000_000_000 + s.dts / 90,
    data: s.data,
  }));
});

/** Remembers what was sent: texts by their kind, the rest as `init` and `fragment`. */
function recorder(): LiveOutlet & { sent: string[]; bufferedAmount: number } {
  const sent: string[] = [];
  const send = (data: unknown) => {
    if (typeof data === 'string') sent.push((JSON.parse(data) as { kind: string }).kind);
    else sent.push((data as Buffer).toString('latin1', 4, 8) === 'ftyp' ? 'init' : 'fragment');
  };
  return { sent, bufferedAmount: 0, send: send as LiveOutlet['send'] };
}

describe('one watcher', () => {
  test('format, init, then a fragment a picture', () => {
    const outlet = recorder();
    const watcher = new SocketWatcher(outlet, false);
    watcher.onState(recording);
    watcher.onFormat(clip);
    for (const unit of units.slice(0, 3)) watcher.onUnit(unit);
    expect(outlet.sent).toEqual(['format', 'init', 'fragment', 'fragment', 'fragment']);
  });

  test('a slow one loses pictures up to the next key frame after it has caught up', () => {
    const outlet = recorder();
    const watcher = new SocketWatcher(outlet, false);
    watcher.onFormat(clip);
    for (const unit of units.slice(0, 10)) watcher.onUnit(unit);
    outlet.bufferedAmount = MAX_BUFFERED_BYTES + 1;
    for (const unit of units.slice(10, 30)) watcher.onUnit(unit);
    outlet.bufferedAmount = 0;
    for (const unit of units.slice(30, 52)) watcher.onUnit(unit);
    // The key frame 25 came while it was behind: 50 is the next.
    expect(outlet.sent.filter((kind) => kind === 'fragment')).toHaveLength(10 + 2);
  });

  test('is told why nothing comes, and begins anew with the format afterwards', () => {
    const outlet = recorder();
    const watcher = new SocketWatcher(outlet, false);
    watcher.onFormat(clip);
    watcher.onUnit(units[0]!);
    watcher.onState(failing);
    watcher.onState(recording);
    for (const unit of units.slice(24, 27)) watcher.onUnit(unit);
    expect(outlet.sent).toEqual(['format', 'init', 'fragment', 'state', 'format', 'init', 'fragment', 'fragment']);
  });
});

describe('over a connection', () => {
  let server: Server;
  let live: LiveSocket;
  let host: string;
  let cookie: string;
  let watchers: Set<LiveWatcher>;
  beforeEach(async () => {
    const sessions = new Sessions({ clock: new ManualClock(0) });
    cookie = `${SESSION_COOKIE}=${sessions.create()}`;
    watchers = new Set();
    live = new LiveSocket({
      live: {
        watch(_channelId, watcher) {
          watchers.add(watcher);
          watcher.onState(recording);
          watcher.onFormat(clip);
          for (const unit of units) watcher.onUnit(unit);
          return () => watchers.delete(watcher);
        },
      },
      sessions,
      channelIdOf: (number) => (number === 1 ? 'id' : undefined),
      log: silentLog,
    });
    live.start();
    server = createServer();
    server.on('upgrade', (request, socket, head) => live.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    live.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  const connect = (path: string, headers: Record<string, string> = {}) =>
    new WebSocket(`ws://${host}/api/v1${path}`, { headers: { cookie, origin: `http://${host}`, ...headers } });

  test('everything arrives, and the channel is left when the browser goes', async () => {
    const socket = connect('/channels/1/live?sound=0');
    let count = 0;
    await new Promise<void>((resolve) => {
      socket.on('message', () => {
        if (++count === units.length + 2) resolve();
      });
    });
    expect(watchers.size).toBe(1);
    socket.close();
    await expect.poll(() => watchers.size).toBe(0);
  });

  const refused: [name: string, path: string, headers: Record<string, string>, status: number][] = [
    ['without a session', '/channels/1/live', { cookie: '' }, 401],
    ['from a page of another site', '/channels/1/live', { origin: 'http://evil.example' }, 403],
    ['a channel that does not exist', '/channels/2/live', {}, 404],
    ['another address', '/channels/1/dead', {}, 404],
  ];
  test.each(refused)('refused: %s', async (_name, path, headers, status) => {
    const socket = connect(path, headers);
    const message = await new Promise<string>((resolve) => socket.on('error', (error) => resolve(error.message)));
    expect(message).toContain(String(status));
    expect(watchers.size).toBe(0);
  });
});
