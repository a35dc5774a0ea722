import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { expectOneRun } from './support/expect-footage.ts';
import { type System, startSystem } from './support/system.ts';

let system: System | undefined;
afterEach(() => system?.destroy());

const SMALL = { clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1 }, subClip: false } as const;

describe('whoever watches', () => {
  it('each camera is asked once: browsers get what is recorded', async () => {
    system = await startSystem({ simulator: { ...SMALL, cameras: 2 } });
    const { stack, simulator } = system;
    await system.waitUntilRecording();
    const api = await stack.signIn();
    const headers = { cookie: api.cookie, origin: stack.address };
    const address = `${stack.address.replace('http', 'ws')}/api/v1/channels/1/live`;
    const watchers = Array.from({ length: 5 }, () => new WebSocket(address, { headers }));
    const received = watchers.map(() => 0);
    for (const [i, watcher] of watchers.entries()) watcher.on('message', () => received[i]!++);
    try {
      await waitFor('everybody sees ten messages', 20_000, () => received.every((count) => count >= 10));
      const counters = await simulator.counters();
      expect(counters.map(({ connections }) => connections)).toEqual([1, 1]);
      expect(counters.map(({ main }) => main.sessions.length)).toEqual([1, 1]);
    } finally {
      for (const watcher of watchers) watcher.close();
    }
    await stack.recorder.stop();
    await expectOneRun(system, 1);
  });
});
