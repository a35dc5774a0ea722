import type { Measured } from './measure.ts';
import type { RecordOptions } from './options.ts';

export function toJson(options: RecordOptions, holdfast: Measured, ffmpeg: Measured) {
  const { channels, mbps, seconds, watchers } = options;
  return {
    ...{ channels, mbps, seconds, watchers },
    framesSent: holdfast.framesSent,
    framesLost: holdfast.framesLost,
    cpuRatio: round(holdfast.cpuShare / ffmpeg.cpuShare, 3),
    memoryRatio: round(holdfast.memoryMB / ffmpeg.memoryMB, 3),
    holdfast: sideOf(holdfast),
    ffmpeg: sideOf(ffmpeg),
  };
}

function sideOf(measured: Measured) {
  const { framesSent, framesLost, lost, besides, extras } = measured;
  const others = Object.entries(besides).map(([name, usage]) => [name, costOf(usage)]);
  const figures = Object.entries(extras).map(([name, value]) => [name, round(value, 1)]);
  return {
    ...costOf(measured),
    ...Object.fromEntries(figures),
    ...Object.fromEntries(others),
    framesSent,
    framesLost,
    ...(lost.length > 0 && { lost: lost.slice(0, 5) }),
  };
}

function costOf({ cpuSeconds, cpuShare, memoryMB }: { cpuSeconds: number; cpuShare: number; memoryMB: number }) {
  return { cpuSeconds: round(cpuSeconds, 2), cpuShare: round(cpuShare, 4), memoryMB: round(memoryMB, 1) };
}

export function printTable(options: RecordOptions, holdfast: Measured, ffmpeg: Measured): void {
  const { channels, mbps, seconds, watchers } = options;
  const rows: [string, string, string, string][] = [
    ['', 'Holdfast', 'ffmpeg', 'ratio'],
    [
      'CPU of one core',
      percent(holdfast.cpuShare),
      percent(ffmpeg.cpuShare),
      ratio(holdfast.cpuShare / ffmpeg.cpuShare),
    ],
    ['memory (PSS)', megabytes(holdfast), megabytes(ffmpeg), ratio(holdfast.memoryMB / ffmpeg.memoryMB)],
    ['frames sent', `${holdfast.framesSent}`, `${ffmpeg.framesSent}`, ''],
    ['frames lost', `${holdfast.framesLost}`, `${ffmpeg.framesLost}`, ''],
  ];
  for (const [name, usage] of Object.entries(holdfast.besides)) {
    rows.push([`${name}: CPU`, percent(usage.cpuShare), '', '']);
    rows.push([`${name}: memory (PSS)`, megabytes(usage), '', '']);
  }
  for (const [name, value] of Object.entries(holdfast.extras)) rows.push([name, String(round(value, 1)), '', '']);
  const viewers = watchers > 0 ? `, ${watchers} watchers` : '';
  console.log(`\n${channels} channels of ${mbps} Mbps${viewers}, ${seconds} s each\n`);
  for (const [name, ...values] of rows) {
    console.log(name.padEnd(24) + values.map((value) => value.padStart(12)).join(''));
  }
  console.log('');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function megabytes({ memoryMB }: { memoryMB: number }): string {
  return `${memoryMB.toFixed(0)} MB`;
}

function ratio(value: number): string {
  return value.toFixed(2);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
