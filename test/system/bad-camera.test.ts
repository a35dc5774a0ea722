import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import type { GapCause } from '../../src/archive/entries.ts';
import type { Fault } from '../sim/faults.ts';
import { expectOneRun } from './support/expect-footage.ts';
import { type System, startSystem } from './support/system.ts';

const BAD = 1;
const GOOD = [2, 3, 4];

describe('a bad camera costs the others nothing and leaves named gaps', () => {
  let system: System | undefined;
  afterEach(() => system?.destroy());

  it.each<[string, Fault, readonly GapCause[]]>([
    ['switched off', { kind: 'refuse' }, ['camera-unreachable']],
    ['silent while connected', { kind: 'silent' }, ['no-data']],
    ['silent down to its requests', { kind: 'silent', hang: true }, ['no-data']],
    [
      'sending random bytes',
      { kind: 'garbage', what: 'bytes', share: 1 },
      ['stream-error', 'no-data', 'camera-unreachable'],
    ],
  ])('%s', async (_, fault, causes) => {
    system = await startCameras();
    await system.waitUntilRecording();
    const brokenUtcMs = Date.now();
    await system.simulator.setFault(BAD, fault);
    const gap = await waitFor('a gap with a cause', 40_000, async () =>
      (await system!.gapsOf(BAD)).find(
        (g) => causes.includes(g.cause) && g.fromUtcMs > brokenUtcMs - 3_000 && Date.now() - g.fromUtcMs > 4_000,
      ),
    );
    expect(gap.detail).not.toBe('');
    await system.simulator.clearFault(BAD, fault.kind);
    await waitFor('it records again', 60_000, async () => {
      const gaps = await system!.gapsOf(BAD);
      return gaps.every(({ toUtcMs }) => toUtcMs !== null);
    });
    await expectOthersComplete(system);
  });

  it('silent and then switched off: each has its part of the ledger', async () => {
    system = await startCameras();
    await system.waitUntilRecording();
    await system.simulator.setFault(BAD, { kind: 'silent' });
    const gapOf = (cause: GapCause) =>
      waitFor(`a gap with ${cause}`, 20_000, async () =>
        (await system!.gapsOf(BAD)).find((gap) => gap.cause === cause && gap.toUtcMs === null),
      );
    const silent = await gapOf('no-data');
    await system.simulator.setFault(BAD, { kind: 'refuse' });
    const off = await gapOf('camera-unreachable');
    expect(off.fromUtcMs - silent.fromUtcMs).toBeGreaterThan(2_500); // it is said after three seconds
    const rows = (await system.gapsOf(BAD)).filter(({ fromUtcMs }) => fromUtcMs >= silent.fromUtcMs);
    expect(rows.map(({ cause, toUtcMs }) => [cause, toUtcMs])).toEqual([
      ['no-data', off.fromUtcMs],
      ['camera-unreachable', null],
    ]);
    await expectOthersComplete(system);
  });

  it('refusing the password', async () => {
    system = await startCameras({ user: 'admin', password: 'secret' });
    await system.waitUntilRecording();
    await system.simulator.setFault(BAD, { kind: 'refuse-password' });
    await system.simulator.setFault(BAD, { kind: 'drop' });
    await waitFor('a gap with the cause', 20_000, async () =>
      (await system!.gapsOf(BAD)).find((gap) => gap.cause === 'refused-password' && gap.toUtcMs === null),
    );
    expect(system.facts.channels.get(system.stack.channels[BAD - 1]!.id)).toMatchObject({
      state: 'failing',
      cause: 'refused-password',
    });
    await expectOthersComplete(system);
  });

  it('whose password is mended: the gap ends with the first footage', async () => {
    system = await startCameras({ user: 'admin', password: 'secret' });
    await system.waitUntilRecording();
    const api = await system.stack.signIn();
    await api.send('PATCH', `/channels/${BAD}`, { password: 'wrong' });
    await waitFor('a gap with the cause', 20_000, async () =>
      (await system!.gapsOf(BAD)).some((gap) => gap.cause === 'refused-password' && gap.toUtcMs === null),
    );
    await api.send('PATCH', `/channels/${BAD}`, { password: 'secret' });
    await waitFor('every gap has ended', 20_000, async () =>
      (await system!.gapsOf(BAD)).every(({ toUtcMs }) => toUtcMs !== null),
    );
    await system.waitUntilRecording([BAD]);
    await expectOthersComplete(system);
  });

  it('cut off again and again', async () => {
    system = await startCameras();
    await system.waitUntilRecording();
    const unreachable = async () => (await system!.gapsOf(BAD)).filter(({ cause }) => cause === 'camera-unreachable');
    for (let count = 1; count <= 4; count++) {
      await system.simulator.setFault(BAD, { kind: 'drop' });
      await waitFor(`gap ${count} has ended`, 20_000, async () => {
        const gaps = await unreachable();
        return gaps.length === count && gaps.every(({ toUtcMs }) => toUtcMs !== null);
      });
    }
    await expectOthersComplete(system);
  });
});

function startCameras(credentials?: { user: string; password: string }): Promise<System> {
  return startSystem({
    simulator: {
      cameras: 4,
      clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1 },
      subClip: false,
      ...(credentials && { credentials }),
    },
    ...(credentials && { channel: { username: credentials.user, password: credentials.password } }),
  });
}

async function expectOthersComplete(system: System): Promise<void> {
  await system.stack.recorder.stop();
  for (const number of GOOD) {
    await expectOneRun(system, number);
    expect(
      (await system.gapsOf(number)).filter(({ cause }) => cause !== 'no-data'),
      `gaps of channel ${number}`,
    ).toEqual([]);
  }
}
