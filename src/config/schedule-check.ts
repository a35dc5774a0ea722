import type { WeeklySchedule } from './settings.ts';

/** What is wrong with a schedule beyond its schema, or undefined. */
export function scheduleProblem(schedule: WeeklySchedule): string | undefined {
  if (!isTimeZone(schedule.timeZone)) {
    return `timeZone: "${schedule.timeZone}" is not a known time zone, expected an IANA name such as "Europe/Berlin"`;
  }
  for (const [index, span] of schedule.spans.entries()) {
    if (span.from === span.to)
      return `spans[${index}]: from and to are both ${span.from}; a whole day is 00:00 to 24:00`;
    if (span.from === '24:00') return `spans[${index}].from: "24:00" is not allowed, expected "00:00" of the next day`;
  }
  return undefined;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false; // the way in which Intl says that it does not know it
  }
}
