import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { readBoxes } from '../../../src/media/fmp4/box.ts';
import { buildClosingMoov } from '../../../src/media/fmp4/closing-index.ts';
import { buildPlainFragment } from '../../../src/media/fmp4/fragment.ts';
import { SampleLog } from '../../../src/media/fmp4/sample-log.ts';
import { parseMovieTables, tableOfLog } from '../../../src/media/fmp4/sample-table.ts';
import { MADE_UP_FORMATS } from '../../archive/temporary-drive.ts';

const { video, audio } = MADE_UP_FORMATS;

/** Runs whose times may leave holes between them. */
const runs = fc.array(
  fc.record({
    hole: fc.nat({ max: 5000 }),
    samples: fc.array(
      fc.record({
        sizeBytes: fc.integer({ min: 1, max: 30 }),
        duration: fc.integer({ min: 1, max: 9000 }),
        compositionOffset: fc.integer({ min: -9000, max: 9000 }),
        isKey: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  { minLength: 1, maxLength: 10 },
);

describe('the closing index', () => {
  it('says the same as the fragments that it was made from', () => {
    fc.assert(
      fc.property(runs, runs, (videoRuns, audioRuns) => {
        const videoLog = logOf(videoRuns);
        const audioLog = logOf(audioRuns.map((run) => ({ ...run, samples: run.samples.map(asSound) })));
        const moov = buildClosingMoov({
          createdUtcMs: 0,
          video: { format: video, samples: videoLog },
          audio: { format: audio!, samples: audioLog },
        });
        const parsed = parseMovieTables(readBoxes(readBoxes(moov)[0]!.body));
        expect(parsed.video).toEqual(tableOfLog(videoLog, 90_000));
        expect(parsed.audio).toEqual(tableOfLog(audioLog, 8000));
      }),
    );
  });

  it('gives a hole between two fragments to the sample before it', () => {
    const sample = { sizeBytes: 1, duration: 3600, compositionOffset: 0, isKey: true };
    const log = logOf([
      { hole: 0, samples: [sample, sample] },
      { hole: 1800, samples: [sample] },
    ]);
    const table = tableOfLog(log, 90_000);
    expect([...table.durations]).toEqual([3600, 5400, 3600]);
    expect([...table.decodeTimes]).toEqual([0, 3600, 9000]);
  });

  it('ends in tables or in an AppError when any of its bytes is damaged', () => {
    const sample = { sizeBytes: 9, duration: 3600, compositionOffset: 1, isKey: false };
    const samples = logOf([{ hole: 0, samples: [{ ...sample, isKey: true }, sample, sample] }]);
    const moov = buildClosingMoov({ createdUtcMs: 0, video: { format: video, samples } });
    fc.assert(
      fc.property(fc.nat({ max: moov.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = Buffer.from(moov);
        damaged[at] = value;
        try {
          parseMovieTables(readBoxes(readBoxes(damaged)[0]!.body));
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

type MadeUpRun = {
  hole: number;
  samples: { sizeBytes: number; duration: number; compositionOffset: number; isKey: boolean }[];
};

function logOf(made: readonly MadeUpRun[]): SampleLog {
  const log = new SampleLog();
  let time = 0;
  made.forEach(({ hole, samples }, i) => {
    time += hole;
    const input = {
      baseDecodeTime: time,
      samples: samples.map(({ sizeBytes, ...rest }) => ({ ...rest, data: Buffer.alloc(sizeBytes) })),
    };
    log.append(buildPlainFragment({ wallUtcMs: 0, video: input }, i).videoRecords!, time, 1000 * i);
    for (const { duration } of samples) time += duration;
  });
  return log;
}

function asSound(sample: MadeUpRun['samples'][number]): MadeUpRun['samples'][number] {
  return { ...sample, compositionOffset: 0, isKey: true };
}
