import { readFile } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { AppError, errnoCode } from '../base/errors.ts';
import { describeMismatch } from '../base/schema-error.ts';

/** What a hardware vendor says about a board: its limits and its bays. Written once per model, part of the image. */
export const MODEL_VERSION = 1;

const strict = { additionalProperties: false };

const Bay = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' }),
    label: Type.String({ minLength: 1, maxLength: 60 }),
    /** `mount`: a file system of its own must be mounted at `path`. `directory`: a folder stands for a bay. */
    kind: Type.Union([Type.Literal('directory'), Type.Literal('mount')]),
    path: Type.String({ pattern: '^/', maxLength: 1000, description: 'an absolute path' }),
    /** Decimal megabytes; a limit of its own for a folder that shares its file system. */
    capacityMB: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
    /** An empty folder becomes a drive without being asked for: demo, tests, factory. Never a folder that holds anything. */
    adoptBlank: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type Bay = Static<typeof Bay>;

const Model = Type.Object(
  {
    version: Type.Literal(MODEL_VERSION),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    channelCount: Type.Integer({ minimum: 1, maximum: 256 }),
    /** Megabits per second for recorded streams, all channels together. */
    ratingMbps: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }),
    /** Memory for the tails of all channels, decimal megabytes. */
    tailMaxMB: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    bays: Type.Array(Bay, { minItems: 1, maxItems: 64 }),
  },
  strict,
);
export type Model = Static<typeof Model>;

export async function loadModel(path: string): Promise<Model> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') throw new AppError('not-found', `model file ${path}: does not exist`);
    throw new AppError('bad-input', `model file ${path}: cannot be read (${errnoCode(error)})`, { cause: error });
  }
  return parseModel(text, path);
}

export function parseModel(text: string, fileName: string): Model {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('bad-input', `model file ${fileName}: not valid JSON`, { cause: error });
  }
  const problem = describeMismatch(Model, value) ?? bayProblem((value as Model).bays);
  if (problem !== undefined) throw new AppError('bad-input', `model file ${fileName}: ${problem}`);
  return value as Model;
}

/** Two bays must never lead to the same footage: each would delete the other's, and capacity would count twice. */
function bayProblem(bays: readonly Bay[]): string | undefined {
  for (const [index, bay] of bays.entries()) {
    for (const other of bays.slice(0, index)) {
      if (other.id === bay.id) return `bays[${index}].id: "${bay.id}" is used twice`;
      if (resolve(other.path) === resolve(bay.path)) {
        return `bays[${index}].path: "${bay.path}" is the path of bay ${other.id} too`;
      }
      if (isInside(bay.path, other.path))
        return `bays[${index}].path: "${bay.path}" lies inside bay ${other.id} (${other.path})`;
      if (isInside(other.path, bay.path))
        return `bays[${index}].path: "${bay.path}" contains bay ${other.id} (${other.path})`;
    }
  }
  return undefined;
}

function isInside(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
