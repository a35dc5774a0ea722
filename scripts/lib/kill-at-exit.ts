import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

/** Children in a process group of their own outlive a parent that fails: these do not. */
export function killAtExit(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
