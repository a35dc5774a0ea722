import { getDiskInfoSync } from 'node-disk-info';

/*
 * A program of its own, started by disk-room.ts: `node-disk-info` waits for `df` without giving the event loop back, and `df`
 * waits for ever on a mount whose server is gone. Here that blocks nobody, and the caller can end it.
 */
const disks = getDiskInfoSync().map(({ mounted, available }) => ({ mounted, availableKB: available }));
process.stdout.write(JSON.stringify(disks));
