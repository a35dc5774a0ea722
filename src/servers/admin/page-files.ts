import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Middleware } from 'koa';
import { errnoCode } from '../../base/errors.ts';

/** Files of the built page by their path (`/page.js`), in memory: they are few, below a megabyte, and fixed while control runs. */
export type Page = ReadonlyMap<string, { contentType: string; data: Buffer }>;

const FILES = ['index.html', 'page.js', 'page.css'];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** A file that is missing is left out; without any the API still works. */
export async function loadPage(folder: string): Promise<Page> {
  const page = new Map<string, { contentType: string; data: Buffer }>();
  for (const name of FILES) {
    try {
      const data = await readFile(join(folder, name));
      page.set(`/${name}`, { contentType: CONTENT_TYPES[extname(name)]!, data });
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
    }
  }
  return page;
}

export function servePage(page: Page): Middleware {
  return async (ctx, next) => {
    const file = page.get(ctx.path === '/' ? '/index.html' : ctx.path);
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    if (!file) {
      if (ctx.path !== '/') return next();
      ctx.status = 503;
      ctx.type = 'text/plain';
      ctx.body = 'The page has not been built: run scripts/build-page.\n';
      return;
    }
    ctx.set('cache-control', 'no-cache');
    ctx.type = file.contentType;
    ctx.body = file.data;
  };
}
