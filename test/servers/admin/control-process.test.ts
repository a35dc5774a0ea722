import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CONTROL = join(import.meta.dirname, '../../../src/control.ts');

let folder: string;
let running: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-control-'));
  running = [];
  await mkdir(join(folder, 'bay1'));
  const bay = { id: 'bay1', label: 'Bay 1', kind: 'directory', path: join(folder, 'bay1'), adoptBlank: true };
  const model = { version: 1, name: 'Test', channelCount: 4, ratingMbps: 16, tailMaxMB: 64, bays: [bay] };
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Until it ends, or says where it listens. */
async function start(...args: string[]) {
  const child = spawn(
    process.execPath,
    [CONTROL, '--state', join(folder, 'state'), '--model', join(folder, 'model.json'), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOLDFAST_LOG: 'error' } },
  );
  running.push(child);
  const output = { out: '', err: '' };
  child.stdout!.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    output.err += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const isUp = (async () => {
    while (!/setup code/.test(output.out)) await new Promise((resolve) => setTimeout(resolve, 20));
    return 'up' as const;
  })();
  const end = await Promise.race([ended, isUp]);
  return { child, ended, end, output };
}

describe('the control process', () => {
  it('starts without a recorder, says where it listens, and ends cleanly', async () => {
    const { child, ended, output } = await start('--listen', '127.0.0.1:0');
    expect(output.out).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\nsetup code: \d{4}-\d{4}\n$/);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output.err).toBe('');
  });

  const wrong: { name: string; file: string; content: string; message: RegExp }[] = [
    {
      name: 'a settings file with a wrong field',
      file: 'state/settings.json',
      content: '{"version":1,"segmentMinutes":"five"}',
      message:
        /state\/settings\.json: segmentMinutes: "five" is not allowed, expected number at least 0\.05 at most 60\n$/,
    },
    {
      name: 'a settings file with more than the model is rated for',
      file: 'state/settings.json',
      content: '{"version":1,"channels":[{"number":1,"name":"Dock","url":"rtsp://10.0.0.5/","allotmentMbps":17}]}',
      message:
        /state\/settings\.json: channels\[0\] \("Dock"\): rating 16 Mbps: 0 channels use 0\.0, this one needs 17\.0\n$/,
    },
    {
      name: 'a model file with an impossible number',
      file: 'model.json',
      content: '{"version":1,"name":"Test","channelCount":0,"ratingMbps":16,"tailMaxMB":64,"bays":[]}',
      message: /model file .*model\.json: channelCount: 0 is not allowed/,
    },
  ];
  it.each(wrong)('$name: says so, changes nothing, exit code 2', async ({ file, content, message }) => {
    await mkdir(join(folder, 'state'));
    await writeFile(join(folder, file), content);
    const { end, output } = await start('--listen', '127.0.0.1:0');
    expect(end).toBe(2);
    expect(output.err).toMatch(message);
    expect(await readFile(join(folder, file), 'utf8')).toBe(content);
    await expect(access(join(folder, 'state/catalog.sqlite'))).rejects.toThrow();
  });

  it('a port in use: names it, exit code 2', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const { end, output } = await start('--listen', `127.0.0.1:${port}`);
    other.close();
    expect(end).toBe(2);
    expect(output.err).toBe(`control: cannot listen on 127.0.0.1:${port}: another program uses this port\n`);
  });

  it('a misspelt option: says how it is called, exit code 2', async () => {
    const { end, output } = await start('--listne', '127.0.0.1:0');
    expect(end).toBe(2);
    expect(output.err).toMatch(/Unknown option '--listne'[\s\S]*usage: control --state DIR --model FILE/);
  });

  it('away from loopback serves HTTPS alone, with a certificate of its own making', async () => {
    const { output } = await start('--listen', '0.0.0.0:0');
    const [, port] = /^listening on https:\/\/0\.0\.0\.0:(\d+)$/m.exec(output.out)!;
    const fingerprint = /certificate: SHA-256 ([0-9A-F:]+)/.exec(output.out)?.[1];
    expect((await stat(join(folder, 'state/tls/key.pem'))).mode & 0o777).toBe(0o600);
    const reply = await new Promise<{ status: number | undefined; cookie: string; seen: string }>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/api/v1/session', rejectUnauthorized: false };
      request(options, (response) => {
        response.resume();
        const { fingerprint256 } = (response.socket as import('node:tls').TLSSocket).getPeerCertificate();
        const cookie = String(response.headers['strict-transport-security']);
        resolve({ status: response.statusCode, cookie, seen: fingerprint256 });
      })
        .on('error', reject)
        .end();
    });
    expect(reply).toEqual({ status: 200, cookie: 'max-age=31536000', seen: fingerprint });
    await expect(fetch(`http://127.0.0.1:${port}/api/v1/session`)).rejects.toThrow();
  });

  it('rebuilds nothing in a folder that is not there: it may be mistyped', async () => {
    const { end, output } = await start('--rebuild-catalog');
    expect(end).toBe(2);
    expect(output.err).toMatch(/state: there is no such folder/);
    await expect(access(join(folder, 'state'))).rejects.toThrow();
  });

  it('rebuilds the catalog by command and prints the time', async () => {
    await mkdir(join(folder, 'state'));
    const { end, output } = await start('--rebuild-catalog');
    expect(end).toBe(0);
    expect(output.out).toMatch(/^catalog rebuilt: 0 entries of 1 drives in \d+\.\d s, 0 files unreadable\n$/);
  });
});
