import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { killAtExit } from '../../scripts/lib/kill-at-exit.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Subject } from './subject.ts';

/** What many recorders are built on: a process for each channel that copies what comes into files of a minute. */
export async function startFfmpegSubject(urls: readonly string[], folder: string): Promise<Subject> {
  const children: ChildProcess[] = [];
  for (const [index, url] of urls.entries()) {
    const channelFolder = join(folder, `channel-${index + 1}`);
    await mkdir(channelFolder, { recursive: true });
    const input = ['-rtsp_transport', 'tcp', '-i', url];
    const output = ['-c', 'copy', '-f', 'segment', '-segment_time', '60', '-segment_format', 'mp4', '%04d.mp4'];
    const args = ['-nostdin', '-hide_banner', '-loglevel', 'error', ...input, ...output];
    const child = spawn('ffmpeg', args, { cwd: channelFolder, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
    killAtExit(child);
    children.push(child);
  }
  return {
    name: 'ffmpeg',
    get pids() {
      const ended = children.findIndex((child) => child.exitCode !== null || child.signalCode !== null);
      if (ended >= 0) throw new AppError('internal', `ffmpeg of channel ${ended + 1} ended during the measurement`);
      return children.map((child) => child.pid ?? 0);
    },
    folders: [folder],
    besides: {},
    extras: () => ({}),
    stop: async () => {
      await Promise.all(children.map(stopChild));
    },
  };
}

/** On SIGINT ffmpeg writes the index of its file and ends. */
function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGINT');
  });
}
