import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { DAY_MS, HOUR_MS } from '../../src/base/units.ts';
import type { Model } from '../../src/board/model.ts';
import { isSamePlan, makePlan, type PlanInput } from '../../src/channels/plan.ts';
import { PlanKeeper } from '../../src/channels/plan-keeper.ts';
import {
  type ChannelSettings,
  DEFAULT_CHANNEL,
  DEFAULT_SETTINGS,
  type WeeklySchedule,
} from '../../src/config/settings.ts';
import type { Command } from '../../src/link/messages.ts';
import { Plan } from '../../src/link/plan.ts';

const NOW = Date.parse('2026-03-20T00:00Z');
const MODEL: Model = {
  version: 1,
  name: 'Test',
  channelCount: 4,
  ratingMbps: 16,
  tailMaxMB: 64,
  bays: [{ id: 'bay1', label: 'Bay 1', kind: 'directory', path: '/bays/1', capacityMB: 2000 }],
};
const DRIVE = { bay: 'bay1', bayLabel: 'Bay 1', driveId: 'drive-a', root: '/bays/1', capacityBytes: 2e9 };
const NIGHTS: WeeklySchedule = {
  timeZone: 'Europe/Berlin',
  spans: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '22:00', to: '06:00' }],
};

function channel(number: number, change: Partial<ChannelSettings> = {}): ChannelSettings {
  const url = `rtsp://10.0.0.${number}/main`;
  return {
    ...DEFAULT_CHANNEL,
    id: `0000000${number}`,
    number,
    name: `Camera ${number}`,
    url,
    allotmentMbps: 2,
    ...change,
  };
}

function input(change: Partial<PlanInput> = {}, ...channels: ChannelSettings[]): PlanInput {
  return {
    settings: { ...DEFAULT_SETTINGS, retention: { maxAgeDays: 30 }, channels },
    model: MODEL,
    unit: 'aabbccdd',
    drives: [DRIVE],
    locks: [],
    openPassword: (sealed) => sealed.replace('sealed:', ''),
    ...change,
  };
}

describe('the plan', () => {
  it('holds all that the recorder needs, in the order of the numbers', () => {
    const plan = makePlan(input({}, channel(2, { password: 'sealed:s3cret' }), channel(1)), 7, NOW);
    expect(Value.Errors(Plan, plan).First()).toBeUndefined();
    expect(plan).toMatchObject({
      revision: 7,
      segmentMs: 300_000,
      promisedLossMs: 2000,
      tailMaxBytes: 64_000_000,
      maxAgeMs: 30 * DAY_MS,
      drives: [DRIVE],
    });
    expect(plan.channels.map(({ number, password }) => [number, password])).toEqual([
      [1, ''],
      [2, 's3cret'],
    ]);
  });

  it('says of each channel how its media comes, and which certificate is expected', () => {
    const certificate = 'ab'.repeat(32);
    const pinned = channel(2, { url: 'rtsps://10.0.0.2/main', transport: 'tcp', certificate });
    const plan = makePlan(input({}, channel(1), pinned), 1, NOW);
    expect(plan.channels).toMatchObject([
      { transport: 'auto', certificate: null },
      { transport: 'tcp', certificate },
    ]);
  });

  const same: { name: string; b: PlanInput; atUtcMs: number; isSame: boolean }[] = [
    {
      name: 'later, nothing changed',
      b: input({}, channel(1, { schedule: NIGHTS })),
      atUtcMs: NOW + HOUR_MS,
      isSame: true,
    },
    {
      name: 'after a switch of the schedule has passed',
      b: input({}, channel(1, { schedule: NIGHTS })),
      atUtcMs: NOW + 8 * HOUR_MS,
      isSame: true,
    },
    {
      name: 'more than a day later, the horizon has to move on',
      b: input({}, channel(1, { schedule: NIGHTS })),
      atUtcMs: NOW + 2 * DAY_MS,
      isSame: false,
    },
    { name: 'a schedule was taken away', b: input({}, channel(1)), atUtcMs: NOW, isSame: false },
    {
      name: 'a drive was pulled',
      b: input({ drives: [] }, channel(1, { schedule: NIGHTS })),
      atUtcMs: NOW,
      isSame: false,
    },
    {
      name: 'a channel was renamed',
      b: input({}, channel(1, { schedule: NIGHTS, name: 'Gate' })),
      atUtcMs: NOW,
      isSame: false,
    },
    {
      name: 'a new certificate was accepted',
      b: input({}, channel(1, { schedule: NIGHTS, certificate: 'cd'.repeat(32) })),
      atUtcMs: NOW,
      isSame: false,
    },
    {
      name: 'a span was locked',
      b: input(
        { locks: [{ id: 'x', channelId: '00000001', fromUtcMs: 1, toUtcMs: 2 }] },
        channel(1, { schedule: NIGHTS }),
      ),
      atUtcMs: NOW,
      isSame: false,
    },
  ];
  it.each(same)('is $isSame to the recorder: $name', ({ b, atUtcMs, isSame }) => {
    const before = makePlan(input({}, channel(1, { schedule: NIGHTS })), 1, NOW);
    expect(isSamePlan(before, makePlan(b, 2, atUtcMs))).toBe(isSame);
  });
});

describe('the keeper of the plan', () => {
  let folder: string;
  let present: PlanInput;
  let sent: Command[];
  let isConnected: boolean;
  let keeper: PlanKeeper;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-plan-'));
    present = input({}, channel(1));
    sent = [];
    isConnected = false;
    keeper = newKeeper();
    await keeper.start();
  });
  afterEach(async () => {
    await keeper.stop();
    await rm(folder, { recursive: true });
  });

  function newKeeper(): PlanKeeper {
    return new PlanKeeper({
      revisionPath: join(folder, 'plan-revision.json'),
      input: () => present,
      send: (command) => {
        if (isConnected) sent.push(command);
        return isConnected;
      },
      clock: new ManualClock(NOW),
      log: silentLog,
    });
  }

  const revisions = () => sent.map((command) => (command.kind === 'set-plan' ? command.plan.revision : command.kind));

  it('sends when the recorder connects, and then only what has changed', async () => {
    isConnected = true;
    await keeper.onConnected(-1);
    await keeper.refresh();
    present = input({}, channel(1), channel(2));
    await keeper.refresh();
    expect(revisions()).toEqual([1, 2]);
  });

  it('never gives a revision twice, not after a restart, nor when the state folder is older than the recorder', async () => {
    isConnected = true;
    await keeper.stop();
    keeper = newKeeper();
    await keeper.start();
    await keeper.onConnected(40);
    expect(revisions()).toEqual([2, 41]);
  });

  it('says that the recorder has a plan only when the recorder has said so', async () => {
    isConnected = true;
    await keeper.onConnected(-1);
    expect(keeper.isInForce).toBe(false);
    const confirmed = keeper.isConfirmed();
    setTimeout(() => keeper.onAccepted(1), 10);
    expect(await confirmed).toBe(true);
    expect(keeper.isInForce).toBe(true);
    keeper.onDisconnected();
    expect(keeper.isInForce).toBe(false);
  });
});
