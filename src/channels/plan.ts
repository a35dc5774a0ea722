import { isDeepStrictEqual } from 'node:util';
import { DAY_MS, MINUTE_MS } from '../base/units.ts';
import type { Model } from '../board/model.ts';
import type { Settings } from '../config/settings.ts';
import { PLAN_VERSION, type Plan, type PlanDrive, type PlanLock } from '../link/plan.ts';
import { planSchedule } from './schedule.ts';

/** A fragment is closed after half a second: what a crash costs, and how far live views may trail. */
const FRAGMENT_MS = 500;

export interface PlanInput {
  readonly settings: Settings;
  readonly model: Model;
  readonly unit: string;
  /** Those that may be written to. */
  readonly drives: readonly PlanDrive[];
  readonly locks: readonly PlanLock[];
  readonly openPassword: (sealed: string, channelId: string) => string;
}

/** All that the recorder needs to know, out of settings, model, drives and locks. */
export function makePlan(input: PlanInput, revision: number, nowUtcMs: number): Plan {
  const { settings, model } = input;
  return {
    version: PLAN_VERSION,
    revision,
    madeUtcMs: nowUtcMs,
    unit: input.unit,
    segmentMs: Math.round(settings.segmentMinutes * MINUTE_MS),
    fragmentMs: FRAGMENT_MS,
    promisedLossMs: settings.promisedLossMs,
    tailMaxBytes: model.tailMaxMB * 1_000_000,
    maxAgeMs: settings.retention.maxAgeDays === null ? null : Math.ceil(settings.retention.maxAgeDays * DAY_MS),
    drives: [...input.drives],
    // A channel that is switched off is owed nothing: it is not in the plan, and its account ends.
    channels: settings.channels
      .filter((channel) => channel.isEnabled)
      .map((channel) => ({
        number: channel.number,
        id: channel.id,
        name: channel.name,
        url: channel.url,
        username: channel.username,
        password: input.openPassword(channel.password, channel.id),
        transport: channel.transport,
        certificate: channel.certificate,
        allotmentMbps: channel.allotmentMbps,
        schedule: planSchedule(channel.schedule, nowUtcMs),
        bays: [...channel.bays],
      }))
      .sort((a, b) => a.number - b.number),
    locks: [...input.locks],
  };
}

/** Whether the recorder would do the same with both: time and revision apart, and switches only as far as both reach. */
export function isSamePlan(a: Plan, b: Plan): boolean {
  return isDeepStrictEqual(comparable(a, b.madeUtcMs), comparable(b, b.madeUtcMs));
}

function comparable(plan: Plan, nowUtcMs: number): object {
  return {
    ...plan,
    revision: 0,
    madeUtcMs: 0,
    channels: plan.channels.map((channel) => {
      const past = channel.schedule.switches.filter(({ atUtcMs }) => atUtcMs <= nowUtcMs);
      return {
        ...channel,
        schedule: {
          isOn: past.at(-1)?.isOn ?? channel.schedule.isOn,
          // One day of the horizon may pass before a new plan is worth sending; it is renewed with each change anyway.
          switches: channel.schedule.switches.filter(
            ({ atUtcMs }) => atUtcMs > nowUtcMs && atUtcMs <= nowUtcMs + COMPARED_DAYS * DAY_MS,
          ),
        },
      };
    }),
  };
}

/** Less than the horizon by a day: a plan is renewed when it is a day old, with 13 left. */
const COMPARED_DAYS = 13;
