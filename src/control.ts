import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock as clock } from './base/clock.ts';
import { AppError, errnoCode, messageOf } from './base/errors.ts';
import { createLog } from './base/log.ts';
import { BayWatch } from './board/bay-watch.ts';
import { loadModel } from './board/model.ts';
import { CatchUp } from './catalog/catch-up.ts';
import { CatalogFeed } from './catalog/feed.ts';
import { openCatalog } from './catalog/open-catalog.ts';
import { rebuildCatalog } from './catalog/rebuild.ts';
import { LiveHub } from './channels/live-hub.ts';
import { planDrives } from './channels/plan-drives.ts';
import { PlanKeeper } from './channels/plan-keeper.ts';
import { RecorderView } from './channels/recorder-view.ts';
import { ChannelRegistry, settingsProblem } from './channels/registry.ts';
import { type ControlArguments, readControlArguments } from './config/control-arguments.ts';
import { createSecretBox, readOrCreateUnitKey, type SecretBox } from './config/secrets.ts';
import { SettingsStore } from './config/settings-store.ts';
import type { Fact } from './link/messages.ts';
import { connectLink } from './link/socket.ts';
import { readOrCreateUnit, statePaths } from './link/state.ts';
import { createPlayback } from './playback/playback.ts';
import { Accounts } from './servers/admin/accounts.ts';
import { createAdminApp } from './servers/admin/app.ts';
import { archiveRoutes } from './servers/admin/archive-routes.ts';
import { AuditLog } from './servers/admin/audit-log.ts';
import { channelRoutes } from './servers/admin/channel-routes.ts';
import { createListener, isLoopbackAddress, parseListenAddress } from './servers/admin/listener.ts';
import { liveRoute } from './servers/admin/live-route.ts';
import { LiveSocket } from './servers/admin/live-socket.ts';
import { mediaRoutes } from './servers/admin/media-routes.ts';
import { loadPage } from './servers/admin/page-files.ts';
import { sessionRoutes } from './servers/admin/session-routes.ts';
import { Sessions } from './servers/admin/sessions.ts';
import { settingsRoutes } from './servers/admin/settings-routes.ts';
import { statusSource, unknownState } from './servers/admin/status.ts';
import { statusRoutes } from './servers/admin/status-routes.ts';
import { streamRoutes } from './servers/admin/stream-routes.ts';
import { readOrMakeCertificate } from './servers/admin/tls.ts';
import { AgeKeeper } from './storage/age-keeper.ts';
import { LockKeeper } from './storage/lock-keeper.ts';
import { LockStore } from './storage/lock-store.ts';
import { readClockState } from './system/clock-facts.ts';
import { ffmpegState } from './system/ffmpeg.ts';
import { systemFigures } from './system/figures.ts';
import { productVersion } from './system/version.ts';

/*
 * The control process: decides and serves. Turns settings, schedules and bays into the plan, keeps the catalog, serves the page and
 * the API. It may end and start again at any time: the recorder goes on alone.
 *
 *   node src/control.ts --state DIR --model FILE [--listen HOST:PORT] [--page DIR] [--settings FILE] [--rebuild-catalog]
 *
 * Exit code 2: something that a person has to put right (settings, model, port, permission); nothing was changed.
 */
const log = createLog('control');

async function main(): Promise<void> {
  const args = readControlArguments(process.argv.slice(2));
  // A mistyped folder must not become the state of a new unit.
  if (args.isRebuild && !existsSync(args.state)) {
    throw new AppError('bad-input', `${args.state}: there is no such folder`);
  }
  const prepared = await prepare(args);
  if (args.isRebuild) {
    await rebuild(prepared);
    return;
  }
  const { stop, greeting } = await serve(args, prepared);
  let isStopping = false;
  const onSignal = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'control stopping');
    stop().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // Last: whoever reads it may ask for the end at once.
  process.stdout.write(greeting);
}

/** Everything that can be wrong is read here, before anything is written or served. */
async function prepare(args: ControlArguments) {
  const model = await loadModel(args.model);
  const paths = statePaths(args.state);
  const unit = await readOrCreateUnit(paths);
  const secrets = createSecretBox(await readOrCreateUnitKey(paths.unitKey));
  const settings = new SettingsStore({
    path: paths.settings,
    historyPath: paths.settingsHistory,
    seedPath: args.settings,
    check: (wanted) => settingsProblem(wanted, model),
    secrets,
    clock,
  });
  await settings.start();
  return { model, paths, unit, secrets, settings };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

async function serve(
  args: ControlArguments,
  { model, paths, unit, secrets, settings }: Prepared,
): Promise<{ stop: () => Promise<void>; greeting: string }> {
  const address = parseListenAddress(args.listen ?? settings.current.listen);
  const isTls = !isLoopbackAddress(address.host);
  const accounts = new Accounts({ path: paths.auth });
  const lockStore = new LockStore({ path: paths.locks });
  const audit = new AuditLog({ folder: paths.audit, clock, log });
  await accounts.start();
  await lockStore.start();
  await audit.start();
  const certificate = isTls ? await readOrMakeCertificate({ folder: paths.tls, unit, clock }) : undefined;

  // What the recorder says, and what it is told.
  const catalog = await openCatalog({ path: paths.catalog, clock, log });
  const feed = new CatalogFeed({ catalog, clock, log });
  const recorder = new RecorderView({ clock });
  const onFact = (fact: Fact) => {
    recorder.onFact(fact);
    feed.onFact(fact);
    live.onFact(fact);
    if (fact.kind === 'hello') {
      log.info({ boot: fact.boot }, 'recorder connected');
      live.onConnected();
      void plan.onConnected(fact.planRevision);
      void ageKeeper.runLogged();
    } else if (fact.kind === 'plan-accepted') {
      plan.onAccepted(fact.revision);
    } else if (fact.kind === 'plan-rejected') {
      log.error({ revision: fact.revision, reason: fact.reason }, 'the recorder has rejected the plan');
    }
  };
  const link = connectLink({
    path: paths.socket,
    clock,
    log,
    onFact,
    onUnit: (frame) => live.onUnit(frame),
    onConnected: () => log.debug({}, 'link is up'),
    onDisconnected: () => {
      log.warn({}, 'recorder is not connected');
      recorder.onDisconnected();
      plan.onDisconnected();
      live.onDisconnected();
    },
  });
  const live = new LiveHub({
    send: link.send,
    stateOf: (channelId) => recorder.channel(channelId) ?? unknownState(recorder),
  });

  // What the plan is made of.
  const bays = new BayWatch({
    bays: model.bays,
    unit,
    clock,
    log,
    onChange: () => {
      void plan.refresh();
      catchUp.request();
    },
  });
  const mounted = () => planDrives(bays.views);
  const plan = new PlanKeeper({
    revisionPath: paths.planRevision,
    input: () => ({
      settings: settings.current,
      model,
      unit,
      drives: mounted(),
      locks: lockStore.all.map(({ id, channelId, fromUtcMs, toUtcMs }) => ({ id, channelId, fromUtcMs, toUtcMs })),
      openPassword: (sealed, channelId) => openPassword(secrets, sealed, channelId),
    }),
    send: link.send,
    clock,
    log,
  });
  const catchUp = new CatchUp({ catalog, ledgerFolder: paths.ledger, drives: mounted, clock, log });

  // What people do.
  const channels = new ChannelRegistry({ settings, model, onChange: () => plan.refresh() });
  const locks = new LockKeeper({
    store: lockStore,
    catalog,
    clock,
    capacityBytes: () => bays.capacityBytes,
    allotmentMbpsOf: (channelId) => channels.all.find((channel) => channel.id === channelId)?.allotmentMbps ?? 0,
    onChange: async () => {
      await plan.refresh();
      return link.isConnected && plan.isConfirmed();
    },
  });
  const ageKeeper = new AgeKeeper({
    catalog,
    maxAgeDays: () => settings.current.retention.maxAgeDays,
    locks: () => lockStore.all,
    send: link.send,
    clock,
    log,
  });
  const status = statusSource({
    unit,
    model,
    settings: () => settings.current,
    recorder,
    bays: () => bays.views,
    catalog,
    isCatchingUp: () => catchUp.isRunning,
    figures: systemFigures({ statePath: resolve(args.state), clock, log }),
    clockState: readClockState,
    ffmpeg: () => ffmpegState({ configuredPath: settings.current.ffmpegPath, searchPath: process.env.PATH ?? '' }),
    clock,
    log,
  });

  // How they do it.
  const sessions = new Sessions({ clock });
  const playback = createPlayback({ catalog, clock });
  const routes = [
    ...sessionRoutes({ accounts, sessions, audit: audit.write, clock, isTls }),
    ...statusRoutes(status),
    ...channelRoutes({ channels, audit: audit.write }),
    ...streamRoutes({ channels, recorder, settings: () => settings.current }),
    ...settingsRoutes({ settings, onChange: () => plan.refresh(), audit: audit.write }),
    ...mediaRoutes({ catalog, channels, playback, log }),
    liveRoute(),
    ...archiveRoutes({ catalog, channels, locks, isPlanConfirmed: () => plan.isInForce, audit: audit.write }),
  ];
  const app = createAdminApp({
    routes,
    sessions,
    page: await loadPage(args.page),
    version: await productVersion(),
    isTls,
    log,
  });
  const liveSocket = new LiveSocket({ live, sessions, channelIdOf: (number) => channels.find(number)?.id, log });
  const listener = createListener({
    app,
    address,
    certificate,
    onUpgrade: (request, socket, head) => liveSocket.handleUpgrade(request, socket, head),
  });

  const port = await listener.start();
  await bays.start();
  await plan.start();
  link.start();
  feed.start();
  catchUp.start();
  ageKeeper.start();
  playback.start();
  liveSocket.start();
  const greeting = greetingOf(
    `${isTls ? 'https' : 'http'}://${shownHost(address.host)}:${port}`,
    accounts.setupCode,
    certificate?.fingerprint,
  );

  const stop = async () => {
    liveSocket.stop();
    await listener.stop();
    await playback.stop();
    await ageKeeper.stop();
    link.stop();
    await bays.stop();
    await plan.stop();
    await feed.stop();
    await catchUp.stop();
    await catalog.stop();
    await audit.stop();
  };
  return { stop, greeting };
}

/** One look at the bays, then everything from the drives alone. May run beside a control process that serves. */
async function rebuild({ model, paths, unit }: Prepared): Promise<void> {
  const bays = new BayWatch({ bays: model.bays, unit, clock, log, onChange: () => undefined });
  await bays.start();
  await bays.stop();
  const catalog = await openCatalog({ path: paths.catalog, clock, log });
  const drives = planDrives(bays.views);
  const result = await rebuildCatalog({ catalog, ledgerFolder: paths.ledger, drives, clock });
  await catalog.stop();
  for (const { bay, facts } of bays.views) {
    if (facts.state !== 'ready') process.stdout.write(`${bay.label}: not read, ${facts.detail}\n`);
  }
  const { entries, unreadable, durationMs } = result;
  process.stdout.write(
    `catalog rebuilt: ${entries} entries of ${drives.length} drives in ${(durationMs / 1000).toFixed(1)} s, ${unreadable} files unreadable\n`,
  );
}

/** For the person at the console, and for programs that start control. */
function greetingOf(address: string, setupCode: string | undefined, fingerprint: string | undefined): string {
  const lines = [`listening on ${address}`];
  if (fingerprint !== undefined) lines.push(`certificate: SHA-256 ${fingerprint}`);
  if (setupCode !== undefined) lines.push(`setup code: ${setupCode}`);
  return `${lines.join('\n')}\n`;
}

/** One password that was sealed elsewhere must not keep all channels from being planned: the camera refuses, and the page says so. */
function openPassword(secrets: SecretBox, sealed: string, channelId: string): string {
  try {
    return secrets.open(sealed, channelId);
  } catch (error) {
    log.error({ channelId, error: messageOf(error) }, 'camera password cannot be opened: set it anew');
    return '';
  }
}

function shownHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function fail(error: unknown): never {
  const code = errnoCode(error);
  const isForPeople = error instanceof AppError ? error.kind !== 'internal' : code !== undefined;
  process.stderr.write(`control: ${isForPeople || !(error instanceof Error) ? messageOf(error) : error.stack}\n`);
  process.exit(isForPeople ? 2 : 1);
}

main().catch(fail);
