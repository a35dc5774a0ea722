import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProgramExit, type Supervised, supervise } from '../../scripts/lib/supervisor.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';

describe('supervise', () => {
  let folder = '';
  let supervised: Supervised | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-supervisor-'));
  });
  afterEach(async () => {
    await supervised?.stop({ signal: 'SIGKILL' });
    await rm(folder, { recursive: true });
  });

  function run(script: string, onUnexpectedExit?: (exit: ProgramExit) => 'restart' | 'give-up') {
    const lines: string[] = [];
    supervised = supervise({
      program: { name: 'sample', args: ['-e', script] },
      logFile: join(folder, 'sample.log'),
      onLine: (line) => lines.push(line),
      ...(onUnexpectedExit && { onUnexpectedExit }),
    });
    return { process: supervised, lines };
  }
  const FOREVER = 'console.log("up"); setInterval(() => {}, 1000)';

  it('starts what was killed again within a second', async () => {
    const { process, lines } = run(FOREVER);
    await process.start();
    await waitFor('first start', 5_000, () => lines.length === 1);
    const killedMs = performance.now();
    const pid = await process.crash();
    expect(performance.now() - killedMs).toBeLessThan(1_000);
    await waitFor('second start', 5_000, () => lines.length === 2);
    expect([process.pid, process.restarts]).toEqual([pid, 1]);
  });

  it('does not start again what it was told to stop, until it is told to start', async () => {
    const { process, lines } = run(FOREVER);
    await process.start();
    await waitFor('first start', 5_000, () => lines.length === 1);
    await process.stop();
    expect(process.pid).toBe(0);
    await process.start();
    await waitFor('second start', 5_000, () => lines.length === 2);
    expect(process.restarts).toBe(0);
  });

  it('kills what does not listen to a stop', async () => {
    const { process, lines } = run(`process.on('SIGTERM', () => {}); ${FOREVER}`);
    await process.start();
    await waitFor('start', 5_000, () => lines.length === 1);
    await process.stop({ graceMs: 50 });
    expect(process.pid).toBe(0);
  });

  it('tells how it ended, keeps its log, and gives up when told to', async () => {
    const exits: ProgramExit[] = [];
    const { process } = run('console.error("port 80 is in use"); process.exit(2)', (exit) => {
      exits.push(exit);
      return exits.length < 2 ? 'restart' : 'give-up';
    });
    await process.start();
    await waitFor('second end', 5_000, () => exits.length === 2);
    expect(exits[1]).toMatchObject({ name: 'sample', code: 2, lastWords: ['port 80 is in use'] });
    expect(await readFile(join(folder, 'sample.log'), 'utf8')).toBe('port 80 is in use\n'.repeat(2));
    expect(process.pid).toBe(0);
  });
});
