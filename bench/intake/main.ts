import { measureGstreamer, whyNoGstreamer } from './gstreamer.ts';
import { type IntakeFigures, measureIntake } from './measure.ts';
import { type IntakeOptions, parseIntakeOptions } from './options.ts';
import { recordStream } from './recorded-stream.ts';

/** Takes in packets from memory, without sockets and drives: what the intake alone costs, so that a later change that costs shows. */
export async function run(argv: string[]): Promise<void> {
  const options = parseIntakeOptions(argv);
  if (options === undefined) return;
  const stream = await recordStream(options);
  console.error(
    `taking in ${options.channels} streams of ${options.mbps} Mbps, for ${options.seconds} s of processor time`,
  );
  const figures = measureIntake(options, stream);
  const reason = whyNoGstreamer();
  if (reason !== undefined) console.error(`not compared: ${reason}`);
  else console.error("taking in the same by GStreamer's depayloader");
  const gstreamerMbpsPerCore = reason === undefined ? await measureGstreamer(stream) : null;
  const result = resultOf(options, figures, gstreamerMbpsPerCore);
  for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(24)}${String(value).padStart(14)}`);
  if (options.isJson) console.log(JSON.stringify(result));
}

function resultOf(options: IntakeOptions, figures: IntakeFigures, gstreamerMbpsPerCore: number | null) {
  const { channels, mbps, codec } = options;
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    ...{ channels, mbps, codec },
    framesTaken: figures.framesTaken,
    framesLost: figures.framesLost,
    cpuSeconds: round(figures.cpuSeconds, 2),
    framesPerSecond: Math.round(figures.framesPerSecond),
    mbpsPerCore: Math.round(figures.mbpsPerCore),
    bytesCopiedPerByte: round(figures.bytesCopiedPerByte, 3),
    gstreamerMbpsPerCore: gstreamerMbpsPerCore === null ? null : Math.round(gstreamerMbpsPerCore),
    /** Megabits per core of Holdfast over those of GStreamer; null where that is not installed. */
    ratio: gstreamerMbpsPerCore === null ? null : round(figures.mbpsPerCore / gstreamerMbpsPerCore, 2),
  };
}
