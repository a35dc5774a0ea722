import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { BayWatch } from '../../../src/board/bay-watch.ts';
import type { Model } from '../../../src/board/model.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { planDrives } from '../../../src/channels/plan-drives.ts';
import { RecorderView } from '../../../src/channels/recorder-view.ts';
import { ChannelRegistry } from '../../../src/channels/registry.ts';
import { createSecretBox } from '../../../src/config/secrets.ts';
import { SettingsStore } from '../../../src/config/settings-store.ts';
import { createPlayback } from '../../../src/playback/playback.ts';
import { Accounts } from '../../../src/servers/admin/accounts.ts';
import { createAdminApp } from '../../../src/servers/admin/app.ts';
import { archiveRoutes } from '../../../src/servers/admin/archive-routes.ts';
import type { AuditEvent } from '../../../src/servers/admin/audit-log.ts';
import { channelRoutes } from '../../../src/servers/admin/channel-routes.ts';
import { createListener } from '../../../src/servers/admin/listener.ts';
import { liveRoute } from '../../../src/servers/admin/live-route.ts';
import { mediaRoutes } from '../../../src/servers/admin/media-routes.ts';
import { sessionRoutes } from '../../../src/servers/admin/session-routes.ts';
import { Sessions } from '../../../src/servers/admin/sessions.ts';
import { settingsRoutes } from '../../../src/servers/admin/settings-routes.ts';
import { statusSource } from '../../../src/servers/admin/status.ts';
import { statusRoutes } from '../../../src/servers/admin/status-routes.ts';
import { streamRoutes } from '../../../src/servers/admin/stream-routes.ts';
import { LockKeeper } from '../../../src/storage/lock-keeper.ts';
import { LockStore } from '../../../src/storage/lock-store.ts';

export const PASSWORD = 'correct horse battery';

/** The whole of the admin side but the recorder, on an ephemeral port of loopback. */
export async function startApi(options: { model?: Partial<Model> } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-api-'));
  await mkdir(join(folder, 'bay1'));
  const clock = new ManualClock(Date.parse('2026-03-01T12:00Z'));
  const model: Model = {
    version: 1,
    name: 'Test',
    channelCount: 32,
    ratingMbps: 64,
    tailMaxMB: 64,
    bays: [
      { id: 'bay1', label: 'Bay 1', kind: 'directory', path: join(folder, 'bay1'), capacityMB: 1000, adoptBlank: true },
      { id: 'bay2', label: 'Bay 2', kind: 'directory', path: join(folder, 'missing') },
    ],
    ...options.model,
  };
  const settings = new SettingsStore({
    path: join(folder, 'settings.json'),
    historyPath: join(folder, 'settings-history'),
    secrets: createSecretBox(Buffer.alloc(32, 1)),
    clock,
  });
  const accounts = new Accounts({ path: join(folder, 'auth.json') });
  const lockStore = new LockStore({ path: join(folder, 'locks.json') });
  const catalog = new Catalog({ path: join(folder, 'catalog.sqlite') });
  const bays = new BayWatch({ bays: model.bays, unit: 'aabbccdd', clock, log: silentLog, onChange: () => undefined });
  await settings.start();
  await accounts.start();
  await lockStore.start();
  await catalog.start();
  await bays.start();
  await catalog.setDrives(planDrives(bays.views));

  const events: AuditEvent[] = [];
  const audit = (event: AuditEvent) => void events.push(event);
  const sessions = new Sessions({ clock });
  const recorder = new RecorderView({ clock });
  let plans = 0;
  const onChange = async () => void plans++;
  const channels = new ChannelRegistry({ settings, model, onChange });
  const locks = new LockKeeper({
    store: lockStore,
    catalog,
    clock,
    capacityBytes: () => 1_000_000_000,
    allotmentMbpsOf: () => 2,
    onChange: async () => false,
  });
  const status = statusSource({
    unit: 'aabbccdd',
    model,
    settings: () => settings.current,
    recorder,
    bays: () => bays.views,
    catalog,
    isCatchingUp: () => false,
    figures: async () => ({
      uptimeS: 1,
      loadPercent: null,
      memoryUsedBytes: null,
      memoryTotalBytes: null,
      stateFreeBytes: null,
    }),
    clockState: async () => 'unknown',
    ffmpeg: async () => ({ path: null, detail: 'not looked for' }),
    clock,
    log: silentLog,
  });
  const playback = createPlayback({ catalog, clock });
  const routes = [
    ...sessionRoutes({ accounts, sessions, audit, clock, isTls: false }),
    ...statusRoutes(status),
    ...channelRoutes({ channels, audit }),
    ...streamRoutes({ channels, recorder, settings: () => settings.current }),
    ...settingsRoutes({ settings, onChange, audit }),
    ...archiveRoutes({ catalog, channels, locks, isPlanConfirmed: () => true, audit }),
    ...mediaRoutes({ catalog, channels, playback, log: silentLog }),
    liveRoute(),
  ];
  const app = createAdminApp({ routes, sessions, page: new Map(), version: '0', isTls: false, log: silentLog });
  const listener = createListener({
    app,
    address: { host: '127.0.0.1', port: 0 },
    onUpgrade: (_, socket) => socket.destroy(),
  });
  const port = await listener.start();

  let cookie = '';
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(method === 'GET' ? {} : { 'x-holdfast': '1' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const set = response.headers.getSetCookie()[0];
    if (set !== undefined) cookie = set.split(';')[0]!;
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  return {
    folder,
    port,
    clock,
    routes,
    catalog,
    recorder,
    sessions,
    accounts,
    events,
    channels,
    call,
    planCount: () => plans,
    signOutLocally: () => {
      cookie = '';
    },
    async setUp(): Promise<void> {
      await call('POST', '/setup', { code: accounts.setupCode, password: PASSWORD });
    },
    async stop(): Promise<void> {
      await listener.stop();
      await playback.stop();
      await bays.stop();
      await catalog.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export type Api = Awaited<ReturnType<typeof startApi>>;
