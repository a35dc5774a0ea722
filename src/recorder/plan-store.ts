import { readFile } from 'node:fs/promises';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { AppError, errnoCode } from '../base/errors.ts';
import { PLAN_VERSION, Plan } from '../link/plan.ts';

const planCheck = TypeCompiler.Compile(Plan);

/** Throws `bad-input` with the first field that is wrong. */
export function checkPlan(value: unknown): Plan {
  if (!planCheck.Check(value)) {
    const first = planCheck.Errors(value).First();
    throw new AppError(
      'bad-input',
      `plan${first?.path ?? ''}: ${first?.message ?? 'not valid'}, found ${JSON.stringify(first?.value)}`,
    );
  }
  if (value.version > PLAN_VERSION) {
    throw new AppError('bad-input', `plan of version ${value.version}, this recorder reads up to ${PLAN_VERSION}`);
  }
  return value;
}

/** The last good plan, from which the recorder starts alone. Readable by its owner only: it holds the cameras' passwords. */
export async function savePlan(path: string, plan: Plan): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(plan)}\n`, 0o600);
}

export async function loadPlan(path: string): Promise<Plan | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return checkPlan(JSON.parse(text));
  } catch (error) {
    throw new AppError('corrupt', `${path}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
