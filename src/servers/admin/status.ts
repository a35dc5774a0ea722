import type { Static } from '@sinclair/typebox';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { BayView } from '../../board/bay-watch.ts';
import type { Model } from '../../board/model.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { DriveFigures } from '../../catalog/rows.ts';
import { allottedMbps } from '../../channels/admission.ts';
import type { RecorderView } from '../../channels/recorder-view.ts';
import { checkStream, countFindings } from '../../channels/stream-check.ts';
import type { ChannelSettings, Settings } from '../../config/settings.ts';
import { forecastDays } from '../../storage/forecast.ts';
import type { SystemFigures } from '../../system/figures.ts';
import type { BayReply, ChannelStatus, StatusReply } from './shapes.ts';

/** Sums over the whole catalog: the page asks each second, the answer changes with each segment. */
const CATALOG_EVERY_MS = 5 * SECOND_MS;

export interface StatusDeps {
  readonly unit: string;
  readonly model: Model;
  readonly settings: () => Settings;
  readonly recorder: RecorderView;
  readonly bays: () => readonly BayView[];
  readonly catalog: Pick<Catalog, 'driveFigures' | 'lastFootage'>;
  readonly isCatchingUp: () => boolean;
  readonly figures: () => Promise<SystemFigures>;
  readonly clockState: () => Promise<'synced' | 'unknown'>;
  readonly ffmpeg: () => Promise<{ path: string | null; detail: string }>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface StatusSource {
  status(): Promise<Static<typeof StatusReply>>;
  bays(): Promise<Static<typeof BayReply>[]>;
}

/** The overview: what people, bays, recorder and catalog say, put together in one reply. */
export function statusSource(deps: StatusDeps): StatusSource {
  const { recorder, model, clock } = deps;
  let drives: readonly DriveFigures[] = [];
  let lastFootage: ReadonlyMap<string, number> = new Map();
  let readMs = Number.NEGATIVE_INFINITY;

  async function readCatalog(): Promise<void> {
    if (clock.monotonicMs() - readMs < CATALOG_EVERY_MS) return;
    readMs = clock.monotonicMs();
    try {
      drives = await deps.catalog.driveFigures();
      lastFootage = await deps.catalog.lastFootage(deps.settings().channels.map((channel) => channel.id));
    } catch (error) {
      // Whether channels record must be seen although the catalog fails; its last figures stay.
      deps.log.error({ error: messageOf(error) }, 'no figures from the catalog');
    }
  }

  const measuredMbps = () => (recorder.rates?.channels ?? []).reduce((sum, channel) => sum + channel.mbps60s, 0);

  async function bays(): Promise<Static<typeof BayReply>[]> {
    await readCatalog();
    const replies = deps.bays().map((view) => bayReply(view, recorder, drives));
    const usable = replies.flatMap((bay) =>
      bay.driveId !== null && bay.state !== 'gone'
        ? [{ driveId: bay.driveId, usableBytes: bay.footageBytes + (bay.freeBytes ?? 0) }]
        : [],
    );
    const days = forecastDays(usable, measuredMbps(), deps.settings().retention.maxAgeDays);
    return replies.map((bay) => ({ ...bay, daysKept: (bay.driveId !== null && days.get(bay.driveId)) || null }));
  }

  async function status(): Promise<Static<typeof StatusReply>> {
    const settings = deps.settings();
    const [bayReplies, figures, clockState, ffmpeg] = await Promise.all([
      bays(),
      deps.figures(),
      deps.clockState(),
      deps.ffmpeg(),
    ]);
    const channels = [...settings.channels].sort((a, b) => a.number - b.number);
    return {
      unit: deps.unit,
      name: settings.name,
      nowUtcMs: clock.nowUtcMs(),
      recorder: {
        isConnected: recorder.hello !== undefined,
        boot: recorder.hello?.boot ?? null,
        startedUtcMs: recorder.hello?.startedUtcMs ?? null,
      },
      rating: {
        limitMbps: model.ratingMbps,
        allottedMbps: allottedMbps(settings.channels),
        measuredMbps: measuredMbps(),
      },
      channelLimit: model.channelCount,
      channels: channels.map((channel) => channelStatus(channel, settings, recorder, lastFootage)),
      bays: bayReplies,
      catalog: { isCatchingUp: deps.isCatchingUp() },
      system: { ...figures, clock: clockState, ffmpeg },
    };
  }

  return { status, bays };
}

/** Not in the plan, so the recorder knows nothing of it. */
const SWITCHED_OFF = {
  state: 'off' as const,
  cause: null,
  detail: 'the channel is switched off',
  sinceUtcMs: null,
  video: null,
  audio: null,
};

function channelStatus(
  channel: ChannelSettings,
  settings: Settings,
  recorder: RecorderView,
  lastFootage: ReadonlyMap<string, number>,
): Static<typeof ChannelStatus> {
  const state = channel.isEnabled ? recorder.channel(channel.id) : SWITCHED_OFF;
  const rates = recorder.channelRates(channel.id);
  const stream = checkStream(channel, recorder, settings);
  const { number, id, name, url, allotmentMbps } = channel;
  return {
    ...{ number, id, name, url, allotmentMbps },
    ...(state
      ? { state: state.state, cause: state.cause, detail: state.detail, sinceUtcMs: state.sinceUtcMs }
      : unknownState(recorder)),
    mbps1s: rates?.mbps1s ?? 0,
    mbps60s: rates?.mbps60s ?? 0,
    lastFootageUtcMs: rates?.lastFootageUtcMs ?? lastFootage.get(id) ?? null,
    presentedCertificate: stream.presentedCertificate,
    video: state?.video ?? null,
    audio: state?.audio ?? null,
    packetsLost: rates?.packetsLost ?? 0,
    framesDropped: rates?.framesDropped ?? 0,
    longKeyIntervalMs: stream.longKeyIntervalMs,
    findings: countFindings(stream.findings),
  };
}

/** The recorder has said nothing about the channel: it is away, or the plan has only just been sent. */
export function unknownState(recorder: RecorderView) {
  return recorder.hello
    ? { state: 'connecting' as const, cause: null, detail: 'the recorder has not reported yet', sinceUtcMs: null }
    : {
        state: 'failing' as const,
        cause: 'recorder-not-running',
        detail: 'the recorder is not running',
        sinceUtcMs: null,
      };
}

function bayReply(
  { bay, facts }: BayView,
  recorder: RecorderView,
  figures: readonly DriveFigures[],
): Omit<Static<typeof BayReply>, 'daysKept'> {
  const nothing = { footageBytes: 0, oldestUtcMs: null, newestUtcMs: null };
  if (facts.state !== 'ready') {
    const empty = { driveId: null, driveLabel: null, capacityBytes: null, freeBytes: null };
    return { id: bay.id, label: bay.label, state: facts.state, detail: facts.detail, ...empty, ...nothing };
  }
  const { driveId, driveLabel } = facts;
  const said = recorder.drive(driveId);
  const rates = recorder.driveRates(driveId);
  const { footageBytes, oldestUtcMs, newestUtcMs } = figures.find((drive) => drive.driveId === driveId) ?? nothing;
  const capacityBytes = rates?.capacityBytes ?? facts.capacityBytes;
  return {
    id: bay.id,
    label: bay.label,
    state: said?.state ?? 'ready',
    detail: said?.detail ?? '',
    driveId,
    driveLabel,
    capacityBytes,
    // A folder with a limit of its own shares its file system: what is free there is not all for footage.
    freeBytes: rates?.freeBytes ?? Math.max(0, Math.min(facts.freeBytes, capacityBytes - footageBytes)),
    footageBytes,
    oldestUtcMs,
    newestUtcMs,
  };
}
