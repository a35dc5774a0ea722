import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startSimulatorProcess } from '../../scripts/lib/simulator-process.ts';
import { AppError } from '../../src/base/errors.ts';
import { startFfmpegSubject } from './ffmpeg-subject.ts';
import { startHoldfastSubject } from './holdfast-subject.ts';
import { measure } from './measure.ts';
import { parseRecordOptions } from './options.ts';
import { printTable, toJson } from './report.ts';

/** Cameras send a little above what they are set to; the allotment is not what is measured here. */
const ALLOTMENT_SHARE = 1.5;

/** Records the same cameras by Holdfast and then by ffmpeg, each for the same time, on the machine's own disk. */
export async function run(argv: string[]): Promise<void> {
  const options = parseRecordOptions(argv);
  if (options === undefined) return;
  const folder = await prepareFolder(options.dataDir);
  try {
    console.error(`starting ${options.channels} simulated cameras of ${options.mbps} Mbps`);
    const simulator = await startSimulatorProcess({
      cameras: options.channels,
      clip: { width: 1920, height: 1080, mbps: options.mbps },
      subClip: false,
    });
    try {
      const { urls } = simulator;
      console.error(`recording by Holdfast for ${options.seconds} s`);
      const holdfast = await measure(simulator, options.seconds, () =>
        startHoldfastSubject({
          urls,
          folder: join(folder, 'holdfast'),
          allotmentMbps: options.mbps * ALLOTMENT_SHARE,
          watchers: options.watchers,
        }),
      );
      console.error(`recording by ffmpeg for ${options.seconds} s`);
      const ffmpeg = await measure(simulator, options.seconds, () => startFfmpegSubject(urls, join(folder, 'ffmpeg')));
      printTable(options, holdfast, ffmpeg);
      if (options.isJson) console.log(JSON.stringify(toJson(options, holdfast, ffmpeg)));
    } finally {
      await simulator.stop();
    }
  } finally {
    if (options.dataDir === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Not the system's folder for temporary files: that is often in memory, and drives are what is measured. */
async function prepareFolder(dataDir: string | undefined): Promise<string> {
  const cache = join(import.meta.dirname, '../../.cache');
  await mkdir(dataDir ?? cache, { recursive: true });
  if (dataDir === undefined) return mkdtemp(join(cache, 'bench-'));
  if ((await readdir(dataDir)).length > 0)
    throw new AppError('bad-input', `--data ${dataDir}: the folder is not empty`);
  return resolve(dataDir);
}
