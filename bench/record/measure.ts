import { compareFrames, type FrameRange } from '../../scripts/lib/frame-count.ts';
import { readRecordedFrames } from '../../scripts/lib/recorded-frames.ts';
import type { SimulatorProcess } from '../../scripts/lib/simulator-process.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { startUsageMeter, type Usage } from '../process-usage.ts';
import type { Subject } from './subject.ts';

export interface Measured extends Usage {
  framesSent: number;
  framesLost: number;
  /** The first few, by camera. */
  lost: { camera: number; ranges: FrameRange[] }[];
  /** Cost of further processes in the same window. */
  besides: Record<string, Usage>;
  extras: Record<string, number>;
}

const CONNECT_TIMEOUT_MS = 120_000;
/** What is measured is the steady state of what runs for months: neither connecting nor the compiling of hot code, which ends by then. */
const SETTLE_MS = 20_000;

export async function measure(
  simulator: SimulatorProcess,
  seconds: number,
  startSubject: () => Promise<Subject>,
): Promise<Measured> {
  const sessionsBefore = (await simulator.counters()).map((camera) => camera.main.sessions.length);
  const subject = await startSubject();
  let usage: Usage;
  let extras: Record<string, number>;
  const besides: Record<string, Usage> = {};
  try {
    await waitFor(`${subject.name} is connected to all cameras`, CONNECT_TIMEOUT_MS, async () => {
      const cameras = await simulator.counters();
      return cameras.every(({ main }, i) => (main.sessions[sessionsBefore[i]!]?.framesSent ?? 0) > 0);
    });
    await sleep(SETTLE_MS);
    const meter = await startUsageMeter(subject.pids);
    const others = await Promise.all(
      Object.entries(subject.besides).map(async ([name, pid]) => ({ name, meter: await startUsageMeter([pid]) })),
    );
    await sleep(seconds * 1000);
    usage = await meter.finish();
    for (const other of others) besides[other.name] = await other.meter.finish();
    extras = subject.extras();
  } finally {
    await subject.stop();
  }
  return { ...usage, ...(await countLost(simulator, sessionsBefore, subject)), besides, extras };
}

async function countLost(simulator: SimulatorProcess, sessionsBefore: number[], subject: Subject) {
  const result = { framesSent: 0, framesLost: 0, lost: [] as Measured['lost'] };
  const recorded = await readRecordedFrames(subject.folders);
  for (const [index, { camera, main }] of (await simulator.counters()).entries()) {
    const sessions = main.sessions.slice(sessionsBefore[index]);
    const compared = compareFrames(sessions, recorded.get(camera)?.numbers ?? new Set());
    result.framesSent += compared.framesSent - compared.framesUnderWay;
    // What the simulator left out because nobody read in time was lost by who did not read.
    const dropped = sessions.reduce((sum, session) => sum + session.framesDropped, 0);
    result.framesLost += compared.framesLost + dropped;
    if (compared.framesLost > 0) result.lost.push({ camera, ranges: compared.lostRanges });
  }
  return result;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
