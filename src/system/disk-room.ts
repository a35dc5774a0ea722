import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const COMMAND = fileURLToPath(new URL('./disk-info-command.ts', import.meta.url));
const DEADLINE_MS = 5_000;

const Disks = Type.Array(Type.Object({ mounted: Type.String(), availableKB: Type.Number() }));

/** Free room of the file system that a folder lies on, as `df` says; undefined when it does not list it. */
export async function freeBytesAt(path: string): Promise<number | undefined> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', COMMAND], {
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  const disks = Value.Parse(Disks, JSON.parse(stdout));
  // The longest mount point that the folder lies below is its file system.
  const disk = disks
    .filter(({ mounted }) => path === mounted || path.startsWith(mounted.endsWith('/') ? mounted : `${mounted}/`))
    .sort((a, b) => b.mounted.length - a.mounted.length)[0];
  return disk && disk.availableKB * 1024;
}
