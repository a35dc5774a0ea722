import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';

const DEMO = join(import.meta.dirname, '../../scripts/lib/demo.ts');

describe('scripts/demo', () => {
  it('records, checks what it recorded, and says so in one object', async () => {
    const { code, stdout } = await runDemo([
      '--cameras',
      '2',
      '--seconds',
      '15',
      '--json',
      '--listen',
      '127.0.0.1:18481',
    ]);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(result).toMatchObject({ ok: true, channels: 2, unexplainedGapSeconds: 0, decodeErrors: 0, framesLost: 0 });
    expect(result.secondsRecorded['1']).toBeGreaterThan(14);
    expect(code).toBe(0);
  });

  it('stops at Ctrl-C, with nothing left behind', async () => {
    let pid = 0;
    const ended = runDemo(['--cameras', '1', '--listen', '127.0.0.1:18482'], (child) => {
      pid = child.pid!;
      child.stdout!.on('data', (text: Buffer) => {
        if (text.includes('Ctrl-C')) child.kill('SIGINT');
      });
    });
    const { code } = await ended;
    expect(code).toBe(0);
    await waitFor('the process is gone', 1_000, () => !isAlive(pid));
  });

  it('names a camera that nobody answers for, and does not call it a success', async () => {
    const args = ['--camera', 'rtsp://127.0.0.1:9/stream', '--seconds', '5', '--json', '--listen', '127.0.0.1:18483'];
    const { code, stdout, stderr } = await runDemo(args);
    expect(code).toBe(1);
    expect(stderr).toContain('rtsp://127.0.0.1:9/stream) has no footage: camera-unreachable');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ ok: false, unexplainedGapSeconds: 0 });
  });

  it('says that its port is in use', async () => {
    const server = createServer().listen(18_484, '127.0.0.1');
    const { code, stderr } = await runDemo(['--cameras', '1', '--seconds', '5', '--listen', '127.0.0.1:18484']);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain('127.0.0.1:18484');
  });

  it.each([
    ['an option that does not exist', ['--channels', '4'], 'unknown option "--channels"'],
    ['a camera that is not RTSP', ['--camera', 'http://192.168.1.20/'], '"http://192.168.1.20/" is not RTSP'],
    ['an address without a port', ['--listen', 'localhost'], '--listen localhost: must be HOST:PORT'],
    ['nothing to record', ['--cameras', '0'], 'nothing to record'],
    ['an unknown sound', ['--sound', 'mp3'], '--sound mp3: must be aac, pcmu or none'],
  ])('refuses %s before it starts anything', async (_name, args, message) => {
    const { code, stdout, stderr } = await runDemo(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

function runDemo(args: string[], onStart?: (child: ReturnType<typeof spawn>) => void) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [DEMO, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    onStart?.(child);
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH
  }
}
