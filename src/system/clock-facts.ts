import { access } from 'node:fs/promises';

/** systemd-timesyncd makes this file when a time server has answered since the start. */
const SYNCHRONIZED_FILE = '/run/systemd/timesync/synchronized';

/** `unknown` where nothing says so, as in development. */
export async function readClockState(path = SYNCHRONIZED_FILE): Promise<'synced' | 'unknown'> {
  try {
    await access(path);
    return 'synced';
  } catch {
    return 'unknown'; // the file is not there: nobody has confirmed the time
  }
}
