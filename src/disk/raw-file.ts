import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { AppError } from '../base/errors.ts';

/*
 * Calls on plain file descriptors. A FileHandle costs more per write, and closes itself when it is collected, which must not happen
 * to a segment whose drive hangs.
 */
export const openFd = promisify(fs.open) as (path: string, flags: number, mode?: number) => Promise<number>;
export const closeFd = promisify(fs.close);
export const statFd = promisify(fs.fstat) as (fd: number) => Promise<fs.Stats>;
export const truncateFd = promisify(fs.ftruncate) as (fd: number, sizeBytes: number) => Promise<void>;
export const syncFd = promisify(fs.fsync);

/**
 * Writes all bytes at the offset, with as few calls as the kernel allows. When it fails, an unknown part of them has been written:
 * the caller may call again with the same bytes and offset.
 */
export async function writeFully(fd: number, buffers: readonly Buffer[], offset: number): Promise<void> {
  let rest = buffers;
  let at = offset;
  for (let missing = totalBytes(buffers); missing > 0; ) {
    const written = await writeOnce(fd, rest, at);
    missing -= written;
    if (missing === 0) return;
    // A short write says that the next one will fail (no room, a limit): that call names the reason.
    if (written === 0) throw new AppError('drive', `a write of ${missing} bytes at offset ${at} wrote nothing`);
    at += written;
    rest = dropBytes(rest, written);
  }
}

/** Reads up to `target.length` bytes; fewer only at the end of the file. Returns how many. */
export async function readFully(fd: number, target: Buffer, offset: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const read = await readOnce(fd, target, done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

function writeOnce(fd: number, buffers: readonly Buffer[], offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.writev(fd, buffers, offset, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

function readOnce(fd: number, target: Buffer, start: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, target, start, target.length - start, offset, (error, read) => (error ? reject(error) : resolve(read)));
  });
}

function totalBytes(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, bytes) => sum + bytes.length, 0);
}

function dropBytes(buffers: readonly Buffer[], count: number): Buffer[] {
  const rest: Buffer[] = [];
  let skip = count;
  for (const bytes of buffers) {
    if (skip >= bytes.length) {
      skip -= bytes.length;
    } else {
      rest.push(skip === 0 ? bytes : bytes.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}
