import { lstat, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, errnoCode } from '../base/errors.ts';
import { driveError, type HeldDirectory } from '../disk/held-directory.ts';
import { parseSegmentPath } from './layout.ts';

/**
 * Deletes a segment, and the folder of its day once that is empty. Returns the bytes that this frees; 0 when the file was gone
 * already. AppError `bad-input` for a path that is not one of a segment.
 */
export async function removeSegment(drive: HeldDirectory, path: string): Promise<number> {
  if (parseSegmentPath(path) === undefined) throw new AppError('bad-input', `${path} is not the path of a segment`);
  return drive.run(async () => {
    try {
      const { size } = await lstat(drive.path(path));
      await unlink(drive.path(path));
      await removeIfEmpty(drive.path(dirname(path)));
      return size;
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return 0;
      throw driveError(drive.name, `segment ${path} cannot be deleted`, error);
    }
  });
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const code = errnoCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}
