import type { FootageCheck } from './footage-check.ts';

/** The object that `--json` prints. */
export function demoResult(check: FootageCheck, seconds: number, restarts: { recorder: number; control: number }) {
  const { channels, problems } = check;
  const sum = (count: (channel: (typeof channels)[number]) => number | undefined) =>
    channels.reduce((total, channel) => total + (count(channel) ?? 0), 0);
  return {
    ok: problems.length === 0,
    channels: channels.length,
    seconds,
    secondsRecorded: Object.fromEntries(channels.map((channel) => [channel.number, channel.secondsRecorded])),
    unexplainedGapSeconds: Math.round(sum((channel) => channel.unexplainedGapSeconds) * 10) / 10,
    decodeErrors: channels.filter((channel) => channel.decodeError !== undefined).length,
    framesSent: sum((channel) => channel.framesSent),
    framesRecorded: sum((channel) => channel.framesRecorded),
    framesLost: sum((channel) => channel.framesLost),
    restarts,
    problems,
    perChannel: channels,
  };
}

/** One line for each channel, then what is wrong. */
export function printChannels(check: FootageCheck, print: (line: string) => void): void {
  for (const channel of check.channels) {
    const { number, name, secondsRecorded, segments, framesSent, framesLost, gaps } = channel;
    const frames = framesSent === undefined ? '' : `, ${framesSent} frames sent, ${framesLost} lost`;
    const causes = Object.entries(gaps).map(([cause, seconds]) => `, ${cause} ${seconds} s`);
    print(`  ${number}  ${name}: ${secondsRecorded} s in ${segments} files${frames}${causes.join('')}`);
  }
  for (const problem of check.problems) print(`  problem: ${problem}`);
}
