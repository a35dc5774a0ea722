import { Value } from '@sinclair/typebox/value';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { Fact } from '../../../src/link/messages.ts';
import type { StreamReport } from '../../../src/link/stream-report.ts';
import type { Track } from '../../../src/protocols/rtsp/tracks.ts';
import { describedSound } from '../../../src/recorder/report/described-sound.ts';
import { REPORT_EVERY_MS, StreamAccount } from '../../../src/recorder/report/stream-account.ts';
import type { ClockFigures } from '../../../src/recorder/time/camera-timeline.ts';
import { SOUND, VIDEO } from '../support.ts';
import { unitOf } from '../time/timeline-harness.ts';

const T = Date.UTC(2026, 2, 1, 12);
const NO_COUNTERS = {
  bytesReceived: 0,
  payloadBytes: 0,
  packetsReceived: 0,
  videoPackets: 0,
  packetsLost: 0,
  packetsLate: 0,
  framesDropped: 0,
  framesIncomplete: 0,
  framesMalformed: 0,
  videoFrames: 0,
  audioUnits: 0,
};

describe('the stream report', () => {
  let clock: ManualClock;
  let counters: typeof NO_COUNTERS;
  let undecodable: number;
  let jumps: number;
  let reports: StreamReport[];
  let account: StreamAccount;

  beforeEach(() => {
    clock = new ManualClock(T);
    counters = { ...NO_COUNTERS };
    [undecodable, jumps, reports] = [0, 0, []];
    const figures = (): ClockFigures => ({
      offsetMs: -1_234.4,
      driftPpm: undefined,
      timestampJumps: jumps,
      lastJumpMs: 0,
      wallSteps: 0,
      largestWallStepMs: 0,
      isByArrival: false,
      ratio: 1,
    });
    account = new StreamAccount({
      channelId: '7f3a91c2-loading-dock',
      clock,
      log: silentLog,
      session: () => ({
        counters,
        tracks: [
          { kind: 'opus', channels: 2, payloadType: 97, control: undefined },
          { kind: 'video', codec: 'h265', parameterSets: [], payloadType: 96, control: undefined, frameRate: 20 },
        ],
        connection: { transport: 'udp', isEncrypted: false, certificate: null, authentication: 'digest' },
      }),
      timeFigures: figures,
      undecodable: () => undecodable,
      onReport: (report) => reports.push(report),
    });
  });

  const last = () => reports.at(-1)!;

  /** One session of ten seconds at 25 pictures a second, in which some packets are lost. */
  async function session(lost: Partial<typeof NO_COUNTERS>): Promise<void> {
    counters = { ...NO_COUNTERS };
    account.beginSession();
    account.noteFormats({ video: VIDEO, audio: SOUND });
    for (let index = 0; index < 250; index++) {
      const nowMs = clock.monotonicMs();
      const frame = { index, takenMs: nowMs, rtpTime: index * 3_600, arrivalMs: nowMs };
      account.noteUnit({ ...unitOf('video', frame, index % 50 === 0), data: Buffer.alloc(5_000) });
      account.noteUnit({ ...unitOf('audio', frame, true), data: Buffer.alloc(320) });
      account.tick(nowMs);
      await clock.advance(40);
    }
    Object.assign(counters, lost);
    account.endSession();
  }

  it('comes every few seconds and once when the session ends', async () => {
    await session({});
    expect(reports.map(({ measuredMs }) => measuredMs)).toEqual([REPORT_EVERY_MS, 10_000]);
    account.tick(clock.monotonicMs() + 60_000);
    expect(reports).toHaveLength(2);
  });

  it('says what was measured, in the form that control expects', async () => {
    await session({ packetsReceived: 1_000 });
    expect(Value.Check(Fact, last())).toBe(true);
    expect(last()).toMatchObject({
      transport: 'udp',
      authentication: 'digest',
      video: {
        codec: 'h264',
        profile: 'Constrained Baseline',
        level: '3.0',
        framesPerSecond: 25,
        framesPerSecondOfCamera: 25,
        framesPerSecondDeclared: 20,
        keyIntervalMs: 2_000,
        longestKeyIntervalMs: 2_000,
      },
      audio: { codec: 'pcmu', source: '', clockRate: 8_000, channels: 1, units: 250 },
      meanMbps: 1.064,
      clock: { offsetMs: -1_234, driftPpm: null },
      loss: { packetsReceived: 1_000 },
    });
  });

  it('has the rate of what comes, also where no picture can be made of it, and who ended the session', async () => {
    account.beginSession();
    await clock.advance(10_000);
    counters.payloadBytes = 375_000;
    account.noteGivenUp();
    account.endSession();
    expect(last()).toMatchObject({ video: null, meanMbps: 0.3, sinceStart: { sessions: 1, sessionsGivenUp: 1 } });
  });

  it('counts for the session, and besides over all of them', async () => {
    [undecodable, jumps] = [30, 2];
    await session({ packetsLost: 5, packetsLate: 1, framesIncomplete: 4, framesMalformed: 1, framesDropped: 6 });
    undecodable = 42;
    await session({ packetsLost: 7, framesIncomplete: 2, framesDropped: 2 });
    expect(last().loss).toMatchObject({ packetsLost: 7, packetsLate: 0 });
    expect(last().loss.framesDropped).toEqual({ incomplete: 2, undecodable: 0, malformed: 0 });
    expect(last().clock.timestampJumps).toBe(0);
    expect(last().sinceStart).toMatchObject({ sessions: 2, loss: { packetsLost: 12, packetsLate: 1 } });
    expect(last().sinceStart?.loss.framesDropped).toEqual({ incomplete: 6, undecodable: 42, malformed: 1 });
    expect(account.totals).toEqual({ packetsLost: 12, framesDropped: 8 + 42 });
  });

  it('names the sound that was described and does not come', async () => {
    account.beginSession();
    account.noteFormats({ video: VIDEO });
    account.endSession();
    expect(last().audio).toEqual({ codec: 'opus', source: '', clockRate: 48_000, channels: 2, units: 0 });
  });

  it('is understood by a control that does not know all of its fields, and one of an older recorder by this', async () => {
    await session({});
    expect(Value.Check(Fact, { ...last(), weather: 'fine', video: { ...last().video, colour: 'red' } })).toBe(true);
    const { sinceStart, authentication, ...older } = last();
    expect(sinceStart).toBeDefined();
    expect(authentication).toBeDefined();
    expect(Value.Check(Fact, older)).toBe(true);
  });
});

describe('sound as it is described', () => {
  const place = { payloadType: 97, control: undefined };
  it.each<[string, Track, object]>([
    [
      'G.711',
      { kind: 'g711', law: 'pcma', clockRate: 8_000, channels: 1, ...place },
      { codec: 'pcma', clockRate: 8_000 },
    ],
    [
      'G.726, which is stored as something else',
      { kind: 'g726', payload: { clockRate: 8_000, codeBits: 4, isFirstCodeHigh: false }, ...place },
      { codec: 'l16', source: 'G726-32' },
    ],
    ['linear PCM', { kind: 'l16', clockRate: 44_100, channels: 2, isLittleEndian: true, ...place }, { channels: 2 }],
  ])('%s', (_, track, expected) => {
    expect(describedSound(track)).toMatchObject(expected);
  });
});
