import { describe, expect, it } from 'vitest';
import { type Placement, Recording } from '../../src/recorder/recording.ts';
import type { SegmentSink, SegmentSpec } from '../../src/recorder/segment-sink.ts';
import { SEED, seededRandom } from '../seeded.ts';
import { frame, START_UTC_MS } from './support.ts';

/*
 * Smart codecs: a key frame every 20 s at 8 Mbps, which is 20 MB a group, with 8 MB of memory for the channel. Frames here have a hundredth of
 * their bytes.
 */
const GOP = 500;
const FRAME_BYTES = 400;
const TAIL_BYTES = 80_000;
const COMMIT_FRAMES = 33; // 1.3 s

/** A drive that becomes durable when told, and may be pulled. */
class FakeDrive implements Placement {
  readonly queueFill = 0;
  isPulled = false;
  readonly sinks: { spec: SegmentSpec; serials: number[]; fragments: number[]; durable: number; isClosed: boolean }[] =
    [];

  open(spec: SegmentSpec): SegmentSink {
    const sink = { spec, serials: [] as number[], fragments: [] as number[], durable: 0, isClosed: false };
    this.sinks.push(sink);
    return {
      name: spec.name,
      path: '',
      append: (input) => {
        // The first bytes of each frame are its serial.
        const serials = input.video!.samples.map(({ data }) => data.readUInt32BE(0));
        sink.serials.push(...serials);
        sink.fragments.push(serials.length);
        return true;
      },
      close: () => {
        sink.isClosed = true;
      },
    };
  }

  commit(): void {
    for (const sink of this.sinks) {
      sink.durable = sink.fragments.length;
      sink.spec.onDurable(sink.durable);
    }
  }

  /** What is on it for good. */
  get durableSerials(): number[] {
    return this.sinks.flatMap(({ serials, fragments, durable }) =>
      serials.slice(
        0,
        fragments.slice(0, durable).reduce((sum, count) => sum + count, 0),
      ),
    );
  }
}

function setUp() {
  const drives = [new FakeDrive(), new FakeDrive()];
  const keyless: number[] = [];
  let segments = 0;
  const recording = new Recording({
    times: () => ({ segmentMs: 300_000, fragmentMs: 500 }),
    tailMaxBytes: () => TAIL_BYTES,
    choosePlacement: () => drives.find(({ isPulled }) => !isPulled) ?? { cause: 'no-drive', detail: '' },
    nextName: (startUtcMs) => ({
      unit: '01234567',
      channelId: 'aaaaaaaa',
      stream: 'main',
      boot: 1,
      seq: ++segments,
      startUtcMs,
    }),
    clockState: () => 'synced',
    onFootage: () => undefined,
    onRevoked: () => undefined,
    onKeylessSegment: (startUtcMs) => keyless.push(startUtcMs),
    onPaused: () => undefined,
    onResumed: () => undefined,
  });
  const push = (serial: number) => {
    const timed = frame(serial, { isKey: (serial - 1) % GOP === 0, bytes: FRAME_BYTES });
    timed.unit.data.writeUInt32BE(serial, 0);
    recording.push(timed);
  };
  return { drives, recording, push, keyless };
}

const pull = async (drive: FakeDrive) => {
  drive.isPulled = true;
  for (const { spec } of drive.sinks) spec.onLost(new Error('pulled') as never);
  await Promise.resolve();
};

describe('a key frame every 20 s', () => {
  it('leaves no more than a fragment and a commit that is not durable, and the memory within its limit', () => {
    const { drives, recording, push } = setUp();
    for (let serial = 1; serial <= 3 * GOP; serial++) {
      push(serial);
      if (serial % COMMIT_FRAMES === 0) drives[0]!.commit();
      expect(recording.tail.bytes).toBeLessThanOrEqual(TAIL_BYTES);
      const durable = drives[0]!.durableSerials.at(-1) ?? 0;
      // 1.3 s between commits, half a second in the fragment that is open.
      expect(serial - durable).toBeLessThanOrEqual(COMMIT_FRAMES + 13);
    }
  });

  it(`loses no frame when the drive is pulled at any moment (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    for (let round = 0; round < 40; round++) {
      const { drives, push, keyless } = setUp();
      const pulledAt = 1 + Math.floor(random() * 2 * GOP);
      for (let serial = 1; serial <= 2 * GOP + 100; serial++) {
        push(serial);
        if (serial % COMMIT_FRAMES === 0) for (const drive of drives) drive.commit();
        if (serial === pulledAt) await pull(drives[0]!);
      }
      for (const drive of drives) drive.commit();
      const kept = new Set(drives.flatMap((drive) => drive.durableSerials));
      for (let serial = 1; serial <= 2 * GOP; serial++)
        expect(kept.has(serial), `${serial}, pulled at ${pulledAt}`).toBe(true);
      // The copy elsewhere begins with a key frame where memory reached that far, and says so where it did not.
      const [first] = drives[1]!.sinks[0]!.serials;
      expect(keyless).toEqual((first! - 1) % GOP === 0 ? [] : [START_UTC_MS + (first! - 1) * 40]);
    }
  });

  it('that is not there at all (intra refresh) stays within the limit, also while the schedule is off', () => {
    const { drives, recording, push } = setUp();
    for (let serial = 1; serial <= 5_000; serial++) {
      const timed = frame(serial, { isKey: serial === 1, bytes: FRAME_BYTES });
      if (serial === 2_500) recording.hold();
      recording.push(timed);
      if (serial % COMMIT_FRAMES === 0) drives[0]!.commit();
      expect(recording.tail.bytes).toBeLessThanOrEqual(TAIL_BYTES);
    }
    push(GOP * 20 + 1);
    recording.release();
    expect(drives[0]!.sinks.at(-1)!.isClosed).toBe(false);
  });

  it('with no drive left keeps what its memory can, and begins again with a key frame', async () => {
    const { drives, recording, push } = setUp();
    for (const drive of drives) drive.isPulled = true;
    for (let serial = 1; serial <= GOP + 20; serial++) {
      push(serial);
      expect(recording.tail.bytes).toBeLessThanOrEqual(TAIL_BYTES);
    }
    drives[1]!.isPulled = false;
    recording.retry();
    push(GOP + 21);
    recording.close();
    expect(drives[1]!.sinks[0]!.serials[0]).toBe(GOP + 1);
  });
});
