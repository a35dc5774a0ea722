import type { IncomingMessage } from 'node:http';
import type { TObject, TSchema } from '@sinclair/typebox';
import type { Context } from 'koa';
import { AppError } from '../../base/errors.ts';
import { describeMismatch } from '../../base/schema-error.ts';
import type { Route, RouteInput } from './route.ts';

/** The largest body that the API takes: a settings patch with 64 schedules is below 40 kB. */
export const MAX_BODY_BYTES = 128 * 1024;

/** Reads and checks everything that a request carries, against the schemas of its route. */
export async function readInput(route: Route, params: Record<string, string>, ctx: Context): Promise<RouteInput> {
  const url = new URL(ctx.url, 'http://unit');
  return {
    params: route.params && checkText(route.params, params, 'address'),
    query: route.query && checkText(route.query, Object.fromEntries(url.searchParams), 'query'),
    body: route.body && check(route.body, await readJson(ctx.req), 'body'),
  };
}

/** Parameters arrive as text: where the schema wants a number, one is read out of it before the check, exactly as it is written. */
function checkText(schema: TObject, texts: Record<string, string>, where: string): unknown {
  const values = Object.entries(texts).map(([name, text]) => {
    const type: unknown = schema.properties[name]?.type;
    const isNumber = (type === 'integer' || type === 'number') && DECIMAL.test(text);
    return [name, isNumber ? Number(text) : text];
  });
  return check(schema, Object.fromEntries(values), where);
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

function check(schema: TSchema, value: unknown, where: string): unknown {
  const mismatch = describeMismatch(schema, value);
  if (mismatch !== undefined) throw new AppError('bad-input', `${where}: ${mismatch}`);
  return value;
}

/** No request has more than five; checks of the schema recurse. */
const MAX_NESTING = 32;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(type)) {
    throw new AppError('bad-input', `body: content type "${type}" is not application/json`);
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > MAX_BODY_BYTES) throw new AppError('bad-input', `body: more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (nesting(text) > MAX_NESTING) throw new AppError('bad-input', `body: nested deeper than ${MAX_NESTING} levels`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('bad-input', 'body: not valid JSON', { cause: error });
  }
}

/** How deep lists and objects lie in each other, at most; brackets inside of texts count too, which errs on the safe side. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return deepest;
}
