import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CutAction, SegmentCutter } from '../../src/recorder/segment-cutter.ts';
import type { TimedUnit } from '../../src/recorder/time/timed-unit.ts';
import { frame, frames, SOUND, START_UTC_MS, STRETCH, VIDEO } from './support.ts';

const cutter = () => new SegmentCutter(() => ({ segmentMs: 4_000, fragmentMs: 500 }));

function run(units: readonly TimedUnit[], target = cutter()): CutAction[] {
  return [...units.flatMap((unit) => target.push(unit)), ...target.close()];
}

const fragmentsOf = (actions: readonly CutAction[]) => actions.filter((action) => action.kind === 'fragment');

describe('SegmentCutter', () => {
  it('begins with the first key frame and drops what comes before', () => {
    const actions = run(frames(10, 60, 25));
    expect(actions[0]).toMatchObject({ kind: 'open', startUtcMs: START_UTC_MS + 25 * 40 });
    expect(fragmentsOf(actions).reduce((sum, f) => sum + f.videoFrames, 0)).toBe(60 - 25);
  });

  it('ends a fragment after 500 ms and before every key frame', () => {
    const sizes = fragmentsOf(run(frames(1, 50, 25))).map((f) => f.videoFrames);
    expect(sizes).toEqual([13, 12, 13, 12]);
    const keyFirst = fragmentsOf(run(frames(1, 50, 25))).map((f) => f.input.video?.samples[0]?.isKey);
    expect(keyFirst).toEqual([true, false, true, false]);
  });

  it('puts pictures that are all key frames into fragments of the usual length (MJPEG)', () => {
    const actions = run(frames(1, 250, 1));
    expect(fragmentsOf(actions.slice(0, 5)).map((f) => f.videoFrames)).toEqual([13, 13, 13, 13]);
    expect(actions.filter((action) => action.kind === 'open')).toHaveLength(3);
    expect(fragmentsOf(actions).every((f) => f.input.video!.samples.every((sample) => sample.isKey))).toBe(true);
  });

  it('ends a segment at the first key frame after its length', () => {
    const opens = run(frames(1, 250, 30)).filter((action) => action.kind === 'open');
    // 4 s are 100 frames; the next key frame is frame 121, then 241.
    expect(opens.map((open) => open.startUtcMs - START_UTC_MS)).toEqual([0, 4_800, 9_600]);
  });

  it('cuts anyway at three times the length when no key frame comes', () => {
    const units = [frame(1, { isKey: true }), ...frames(2, 700, 10_000)];
    const opens = run(units).filter((action) => action.kind === 'open');
    expect(opens.map((open) => open.startUtcMs - START_UTC_MS)).toEqual([0, 12_000, 24_000]);
    expect(opens.map((open) => open.startsWithKey)).toEqual([true, false, false]);
  });

  it('keeps fragments of half a second within a group of pictures of 20 s', () => {
    const fragments = fragmentsOf(run(frames(1, 1_000, 500)));
    for (const { startUtcMs, endUtcMs } of fragments) expect(endUtcMs - startUtcMs).toBeLessThanOrEqual(520);
    expect(fragments.filter(({ input }) => input.video!.samples[0]!.isKey)).toHaveLength(2);
  });

  it('begins within a group of pictures only when it is told to, and once', () => {
    const target = cutter();
    expect(frames(10, 20, 500).flatMap((unit) => [...target.push(unit)])).toEqual([]);
    target.beginAnywhere();
    const [open] = frames(21, 25, 500).flatMap((unit) => [...target.push(unit)]);
    expect(open).toMatchObject({ kind: 'open', startsWithKey: false, startUtcMs: START_UTC_MS + 20 * 40 });
    target.close();
    expect(frames(26, 40, 500).flatMap((unit) => [...target.push(unit)])).toEqual([]);
  });

  it('begins a new segment with a new stretch, whatever its age', () => {
    const other = { video: { ...VIDEO, width: 320 }, audio: undefined };
    const actions = run([...frames(1, 25), ...frames(26, 50, 25, other)]);
    expect(actions.filter((a) => a.kind === 'open').map((a) => a.stretch)).toEqual([STRETCH, other]);
    expect(actions.filter((a) => a.kind === 'close')).toHaveLength(2);
  });

  it('starts each file at decoding time 0 and gives every frame the time until the next', () => {
    const actions = run(frames(1, 250, 30));
    let atSegmentStart = false;
    let expected = 0;
    for (const action of actions) {
      if (action.kind === 'open') atSegmentStart = true;
      if (action.kind !== 'fragment') continue;
      const { baseDecodeTime, samples } = action.input.video!;
      if (atSegmentStart) expected = 0;
      atSegmentStart = false;
      expect(baseDecodeTime).toBe(expected);
      expected += samples.reduce((sum, sample) => sum + sample.duration, 0);
    }
  });

  it('writes what waits when the camera goes silent, and goes on with the true time', () => {
    const target = cutter();
    const before = frames(1, 5).flatMap((unit) => target.push(unit));
    const flushed = target.flush();
    expect(before.filter((a) => a.kind === 'fragment')).toHaveLength(0);
    expect(fragmentsOf(flushed)[0]?.videoFrames).toBe(5);
    const after = fragmentsOf(run(frames(60, 62, 1_000), target));
    expect(after[0]?.input.video?.baseDecodeTime).toBe(59 * 3_600);
  });

  it('leaves a hole of a second or more in the time of the file, so that the ledger hears of it', () => {
    const hole = { cause: 'stream-error', detail: 'packets lost' } as const;
    const target = cutter();
    const units = [...frames(1, 5), { ...frame(60, { isKey: true }), hole }, ...frames(61, 75, 1_000)];
    const [before, after] = fragmentsOf(units.flatMap((one) => [...target.push(one)]));
    expect(before).toMatchObject({ videoFrames: 5, endUtcMs: START_UTC_MS + 5 * 40, hole: undefined });
    expect(before?.input.video?.samples.at(-1)?.duration).toBe(3_600);
    expect(after).toMatchObject({ startUtcMs: START_UTC_MS + 59 * 40, hole });
    expect(after?.input.video?.baseDecodeTime).toBe(59 * 3_600);
  });

  it('makes no hole of a slow camera: one frame a second', () => {
    const target = cutter();
    const units = Array.from({ length: 20 }, (_, i) => frame(i + 1, { isKey: i % 4 === 0, fps: 1 }));
    const fragments = fragmentsOf(units.flatMap((one) => [...target.push(one)]));
    for (let i = 1; i < fragments.length; i++) expect(fragments[i]!.startUtcMs).toBe(fragments[i - 1]!.endUtcMs);
  });

  it('does not keep sound waiting for a picture that does not come', () => {
    const stretch = { ...STRETCH, audio: SOUND };
    const sound = (serial: number, atMs: number): TimedUnit => ({
      ...frame(serial, { stretch }),
      unit: { ...frame(serial).unit, kind: 'audio', isKey: true, data: Buffer.alloc(160) },
      ticks: atMs * 8,
      dtsTicks: atMs * 8,
      wallUtcMs: START_UTC_MS + atMs,
    });
    const target = cutter();
    target.push(frame(1, { isKey: true, stretch }));
    const fragments = fragmentsOf(Array.from({ length: 500 }, (_, i) => [...target.push(sound(i + 2, i * 20))]).flat());
    // Ten seconds, never more than one of them waiting.
    expect(fragments.length).toBeGreaterThanOrEqual(8);
    const starts = fragments.map(({ input }) => input.audio!.baseDecodeTime / 8);
    for (let i = 1; i < starts.length; i++) expect(starts[i]! - starts[i - 1]!).toBeLessThanOrEqual(1_020);
  });

  it('keeps every frame exactly once, in order, whatever the key frames are', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }), (keys) => {
        const units = keys.map((isKey, i) => frame(i + 1, { isKey: isKey && i % 7 === 0 }));
        const firstKey = units.findIndex(({ unit }) => unit.isKey);
        const expected = firstKey < 0 ? [] : units.slice(firstKey).map(({ unit }) => unit.data);
        const written = fragmentsOf(run(units)).flatMap((f) => f.input.video!.samples.map(({ data }) => data));
        expect(written).toEqual(expected);
      }),
    );
  });
});
