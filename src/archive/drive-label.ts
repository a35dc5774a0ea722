import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { AppError, errnoCode } from '../base/errors.ts';
import { driveReadme } from './drive-readme.ts';
import { DRIVE_LABEL_PATH, FOOTAGE_DIR, JOURNAL_DIR, README_PATH } from './layout.ts';

/** Which drive this is: `holdfast/drive.json`. Written once; a drive keeps its id in whichever bay or unit it sits. */
export const DriveLabel = Type.Object({
  /** Version of the archive format on the drive. */
  format: Type.Literal(1),
  id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
  /** What people call it. */
  label: Type.String({ minLength: 1, maxLength: 100 }),
  encryption: Type.Literal('none'),
  /** Unit that prepared the drive; others may have recorded on it since. */
  madeByUnit: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  madeUtc: Type.String(),
});
export type DriveLabel = Static<typeof DriveLabel>;

/** A label of somebody else's making must not fill the memory. */
const MAX_LABEL_BYTES = 64 * 1024;

/** Undefined when the drive is not ours. AppError `corrupt` when the label is damaged or of a later format: never write to either. */
export async function readDriveLabel(root: string): Promise<DriveLabel | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(root, DRIVE_LABEL_PATH));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw new AppError('drive', `${root}: ${DRIVE_LABEL_PATH} cannot be read`, { cause: error });
  }
  return parseDriveLabel(bytes, root);
}

/** `what` names the drive in the message. */
export function parseDriveLabel(bytes: Buffer, what: string): DriveLabel {
  if (bytes.length > MAX_LABEL_BYTES) {
    throw new AppError(
      'corrupt',
      `${what}: ${DRIVE_LABEL_PATH} has ${bytes.length} bytes, at most ${MAX_LABEL_BYTES} are allowed`,
    );
  }
  const json = parseJson(bytes, what);
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (typeof format === 'number' && format > 1) {
    throw new AppError('corrupt', `${what}: the drive has archive format ${format}, this program knows format 1`);
  }
  if (!Value.Check(DriveLabel, json)) {
    const first = Value.Errors(DriveLabel, json).First();
    throw new AppError(
      'corrupt',
      `${what}: ${DRIVE_LABEL_PATH}: ${first?.path || 'content'}: ${first?.message ?? 'not valid'}`,
    );
  }
  return json;
}

export interface CreateDriveLabelInput {
  readonly label: string;
  readonly unit: string;
  readonly nowUtcMs: number;
}

/** Makes an empty folder or file system one of our drives. AppError `conflict` when it already is one. */
export async function createDriveLabel(root: string, input: CreateDriveLabelInput): Promise<DriveLabel> {
  const existing = await readDriveLabel(root);
  if (existing !== undefined) {
    throw new AppError('conflict', `${root} already is the drive "${existing.label}" (${existing.id})`);
  }
  const label: DriveLabel = {
    format: 1,
    id: randomUUID(),
    label: input.label,
    encryption: 'none',
    madeByUnit: input.unit,
    madeUtc: new Date(input.nowUtcMs).toISOString(),
  };
  parseDriveLabel(Buffer.from(JSON.stringify(label)), root); // what could not be read again is not written
  try {
    await stat(root); // a root that is missing is a drive that is missing: it must not be made here
    await mkdir(join(root, FOOTAGE_DIR), { recursive: true, mode: 0o755 });
    await mkdir(join(root, JOURNAL_DIR), { recursive: true, mode: 0o755 });
    await writeFileAtomic(join(root, README_PATH), driveReadme(label.label, label.id));
    // Last: until it is there the drive is nobody's.
    await writeFileAtomic(join(root, DRIVE_LABEL_PATH), `${JSON.stringify(label, null, 2)}\n`);
  } catch (error) {
    throw new AppError('drive', `${root} cannot be made a drive of ours`, { cause: error });
  }
  return label;
}

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new AppError('corrupt', `${what}: ${DRIVE_LABEL_PATH} is not JSON`, { cause: error });
  }
}
