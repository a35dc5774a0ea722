import { systemClock } from '../../../src/base/clock.ts';
import type { AppError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { AccessUnit } from '../../../src/media/access-unit.ts';
import { RtspClient, type RtspClientOptions } from '../../../src/protocols/rtsp/client-session.ts';
import type { SenderReportHint } from '../../../src/protocols/rtsp/media-lane.ts';

/** A client of one session, and what it was told. */
export class Viewer {
  readonly client: RtspClient;
  readonly units: AccessUnit[] = [];
  readonly hints: SenderReportHint[] = [];
  readonly closed: AppError[] = [];

  constructor(url: string, options: Partial<RtspClientOptions> = {}) {
    this.client = new RtspClient({
      url,
      username: '',
      password: '',
      clock: systemClock,
      log: silentLog,
      isBasicAllowed: true,
      connectTimeoutMs: 2000,
      wantsAudio: true,
      onUnit: (unit) => this.units.push(unit),
      onFormat: () => undefined,
      onSenderReport: (hint) => this.hints.push(hint),
      onClosed: (error) => this.closed.push(error),
      ...options,
    });
  }
}

/** What happens on real sockets takes its time, whatever the clock of the test says. */
export async function until(condition: () => boolean, what: string, patienceMs = 3000): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > patienceMs) throw new Error(`did not happen: ${what}`);
    await systemClock.sleep(5);
  }
}
