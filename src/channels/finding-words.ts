import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/units.ts';

/* Numbers as they stand in a sentence: no more digits than can be meant. */

/** "40 ms", "1.5 s", "12 s", "3 min", "5 h", "4 days". */
export function duration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${trimmed(ms / SECOND_MS)} s`;
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}

/** "0.4 %", "12 %". */
export function percent(share: number): string {
  const value = share * 100;
  return `${value < 0.1 ? value.toFixed(2) : trimmed(value)} %`;
}

export function mbps(rate: number): string {
  return `${trimmed(rate, 100)} Mbps`;
}

/** "12.5", "25". */
export function rate(perSecond: number): string {
  return trimmed(perSecond, 100);
}

/** "1 picture", "3 pictures". */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** One digit after the point below 10 (or another limit), where it is not zero. */
function trimmed(value: number, digitBelow = 10): string {
  return value < digitBelow ? String(Number(value.toFixed(1))) : String(Math.round(value));
}
