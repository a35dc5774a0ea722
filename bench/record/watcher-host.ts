import { WebSocket } from 'ws';
import type { WatchOrder, WatchReport } from './watchers.ts';

/** Reads live views and throws them away, as fast as they come. Ends when its parent lets go of it. */
process.on('disconnect', () => process.exit(0));
process.on('message', ({ address, cookie, channels }: WatchOrder) => {
  const report: WatchReport = channels.map(() => 0);
  for (const [index, channel] of channels.entries()) {
    const url = `${address.replace(/^http/, 'ws')}/api/v1/channels/${channel}/live?sound=0`;
    const socket = new WebSocket(url, { headers: { cookie, origin: address }, perMessageDeflate: false });
    socket.on('message', (_data, isBinary) => {
      if (isBinary) report[index]!++;
    });
    socket.on('error', (error) => console.error(`watcher of channel ${channel}: ${error.message}`));
  }
  setInterval(() => process.send?.(report), 250);
});
