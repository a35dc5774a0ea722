import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { statePaths } from '../../src/link/state.ts';
import { type System, startSystem } from './support/system.ts';

let system: System | undefined;
afterEach(() => system?.destroy());

const SMALL = { clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1 }, subClip: false } as const;

describe('encrypted cameras, one of them through an HTTP tunnel', () => {
  it('another certificate is refused, also by a recorder that restarts alone, until its owner accepts it', async () => {
    system = await startSystem({ simulator: { ...SMALL, cameras: 3, isEncrypted: true } });
    const { stack, simulator, facts } = system;
    await system.waitUntilRecording();
    const api = await stack.signIn();
    await api.send('PATCH', '/channels/2', { transport: 'http', url: simulator.urls[1]! });
    const stateOf = (number: number) => facts.channels.get(stack.channels[number - 1]!.id);
    await waitFor('camera 2 is received through its tunnel', 20_000, async () => {
      const { main } = (await simulator.counters())[1]!;
      return main.sessions.at(-1)?.transport === 'http' && stateOf(2)?.state === 'recording';
    });

    // The owner may write down what is shown anyway: nothing is connected anew for that.
    const kept = await readKept(stack.stateDir);
    const sessionsOf = async (camera: number) => (await simulator.counters())[camera - 1]!.main.sessions.length;
    const sessionsBefore = await sessionsOf(3);
    const [certificate] = Object.values(kept[stack.channels[2]!.id]!);
    await api.send('PATCH', '/channels/3', { certificate });
    await waitFor('the plan names it', 10_000, async () =>
      (await readFile(statePaths(stack.stateDir).plan, 'utf8')).includes(certificate!),
    );

    const changedUtcMs = Date.now();
    await simulator.setFault(1, { kind: 'new-certificate' });
    await simulator.setFault(1, { kind: 'drop' });
    const gap = await waitFor('a gap with a cause', 20_000, async () =>
      (await system!.gapsOf(1)).find(
        ({ cause, fromUtcMs }) => cause === 'stream-error' && fromUtcMs > changedUtcMs - 3_000,
      ),
    );
    expect(gap.detail).toMatch(/shows another certificate .* accept the new one/);
    const presented = stateOf(1)!.presentedCertificate;
    expect(presented).toMatch(/^[0-9a-f]{64}$/);
    const refusedSessions = await sessionsOf(1);
    expect(await sessionsOf(3)).toBe(sessionsBefore);

    // Nobody is there to tell a recorder that begins anew; it knows by itself.
    await stack.control.stop();
    await stack.recorder.crash();
    await waitFor('the others record again', 20_000, () => [2, 3].every((n) => stateOf(n)?.state === 'recording'));
    await waitFor('the first one is refused again', 20_000, () => stateOf(1)?.presentedCertificate === presented);
    expect(await sessionsOf(1), 'sessions of the camera that is refused').toBe(refusedSessions);

    await stack.control.start();
    const again = await waitFor('control answers again', 20_000, () => stack.signIn());
    await again.send('PATCH', '/channels/1', { certificate: presented });
    await waitFor('it records again', 20_000, () => stateOf(1)?.state === 'recording');
    await waitFor('every gap has ended', 20_000, async () =>
      (await system!.gapsOf(1)).every(({ toUtcMs }) => toUtcMs !== null),
    );
    expect(stateOf(1)!.presentedCertificate).toBeNull();
  });
});

/** The certificates that the recorder has kept, by channel and address. */
async function readKept(stateDir: string): Promise<Record<string, Record<string, string>>> {
  return JSON.parse(await readFile(statePaths(stateDir).certificates, 'utf8')).certificates;
}
