import { silentLog } from '../../../src/base/log.ts';
import type { Command, Fact } from '../../../src/link/messages.ts';
import type { Plan } from '../../../src/link/plan.ts';
import { LinkServer } from '../../../src/link/server.ts';

/** Control takes a recorder that is silent for 5 s for one that hangs. */
const ALIVE_EVERY_MS = 1_000;

/** The recorder's end of the link, played by a test: says what the test wants, and shows the plan that control has sent. */
export interface ActedRecorder {
  readonly plan: Plan | undefined;
  say(fact: Fact): void;
  stop(): Promise<void>;
}

export async function actRecorder(socketPath: string): Promise<ActedRecorder> {
  let plan: Plan | undefined;
  const server = new LinkServer({
    path: socketPath,
    log: silentLog,
    onConnected: (peer) =>
      peer.send({ kind: 'hello', version: 1, unit: 'aabbccdd', boot: 1, startedUtcMs: Date.now(), planRevision: -1 }),
    onCommand: (peer, command: Command) => {
      if (command.kind !== 'set-plan') return;
      plan = command.plan;
      peer.send({ kind: 'plan-accepted', revision: plan.revision });
    },
    onDisconnected: () => undefined,
  });
  await server.start();
  const alive = setInterval(
    () => server.broadcast({ kind: 'rates', atUtcMs: Date.now(), channels: [], drives: [], tailBytes: 0 }),
    ALIVE_EVERY_MS,
  );
  return {
    get plan() {
      return plan;
    },
    say: (fact) => server.broadcast(fact),
    stop: () => {
      clearInterval(alive);
      return server.stop();
    },
  };
}
