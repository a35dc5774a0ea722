import { pause, pick } from './chance.ts';
import { expectEverySecondExplained, NOT_YET_WRITTEN_MS, waitUntilNoGapIsOpen } from './expect-account.ts';
import { MemoryDiary } from './memory-diary.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';

/** Something that happens to the system. Faults that it begins end by themselves, so that several last at the same time. */
export type Event = (system: System, random: () => number) => Promise<void>;

export interface SoakOptions {
  readonly system: SystemOptions;
  readonly durationMs: number;
  /** One after the other, at random. */
  readonly events: readonly Event[];
  readonly random: () => number;
}

/** Events at random times for a while; then everything recovers, the recorder is stopped, and every second must be explained. */
export async function soak(options: SoakOptions): Promise<{ system: System; memory: MemoryDiary }> {
  const { durationMs, events, random } = options;
  const system = await startSystem(options.system);
  try {
    const channels = system.stack.channels.map(({ number }) => number);
    await system.waitUntilRecording();
    const fromUtcMs = Date.now();
    const memory = new MemoryDiary(system, durationMs);
    while (Date.now() - fromUtcMs < durationMs) {
      await pick(events, random)(system, random);
      await memory.note();
      await pause(200 + random() * 2_000);
    }
    await waitUntilNoGapIsOpen(system, channels);
    const toUtcMs = Date.now() - NOT_YET_WRITTEN_MS;
    console.log(memory.toString());
    await system.stack.recorder.stop();
    for (const number of channels) await expectEverySecondExplained(system, number, { fromUtcMs, toUtcMs });
    return { system, memory };
  } catch (error) {
    await system.destroy();
    throw error;
  }
}
