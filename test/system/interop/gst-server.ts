import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { killAtExit } from '../../../scripts/lib/kill-at-exit.ts';
import { waitFor } from '../../../scripts/lib/wait-for.ts';

export interface GstServerOptions {
  readonly user: string;
  readonly password: string;
  /** PEM with key and certificate: the server then speaks TLS only. */
  readonly certificate: string | null;
  /** Pipelines by path; see gst-server.py. */
  readonly mounts: Readonly<Record<string, string>>;
}

export interface GstServer {
  readonly port: number;
  /** What a mount sent; undefined before its end. */
  framesSent(mount: string, kind: 'video' | 'audio'): number | undefined;
  stop(): Promise<void>;
}

interface Event {
  event: 'listening' | 'play' | 'end';
  port?: number;
  mount?: string;
  kind?: string;
  frames?: number;
}

/** Debian's own Python has the bindings; another one that comes first on PATH has not. */
const PYTHON = '/usr/bin/python3';
const START_TIMEOUT_MS = 30_000;

/** A sentence for `ctx.skip`, or undefined when it can be started. */
export function whyNoGstServer(): string | undefined {
  const check = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
  const { status, stderr } = spawnSync(PYTHON, ['-c', check], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `GStreamer's RTSP server with its Python bindings is missing (scripts/setup test installs it): ${stderr?.trim().split('\n').at(-1)}`;
}

export async function startGstServer(options: GstServerOptions): Promise<GstServer> {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'gst-server.py'), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  killAtExit(child);
  let port = 0;
  let words = '';
  const ends = new Map<string, number>();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as Event;
    if (event.event === 'listening') port = event.port!;
    if (event.event === 'end') ends.set(`${event.mount} ${event.kind}`, event.frames!);
  });
  await waitFor('GStreamer server listens', START_TIMEOUT_MS, () => {
    if (child.exitCode !== null) throw new Error(`gst-server.py ended with ${child.exitCode}: ${words}`);
    return port > 0;
  });
  return {
    port,
    framesSent: (mount, kind) => ends.get(`${mount} ${kind}`),
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
