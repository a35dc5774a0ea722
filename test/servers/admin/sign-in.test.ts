import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/units.ts';
import { type Api, PASSWORD, startApi } from './api-harness.ts';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

describe('the first visit', () => {
  it('sets the password with the code of the console, once', async () => {
    expect((await api.call('GET', '/session')).body).toEqual({ isSetUp: false, isSignedIn: false });
    const code = api.accounts.setupCode;
    expect(code).toMatch(/^\d{4}-\d{4}$/);
    const reply = await api.call('POST', '/setup', { code, password: PASSWORD });
    expect(reply.status).toBe(200);
    expect(reply.headers.getSetCookie()[0]).toMatch(/^holdfast_session=[\w-]{43}; .*httponly/i);
    expect(reply.headers.getSetCookie()[0]).toMatch(/samesite=strict/i);
    expect((await api.call('GET', '/session')).body).toEqual({ isSetUp: true, isSignedIn: true });
    const again = await api.call('POST', '/setup', { code, password: 'another password' });
    expect(again).toMatchObject({
      status: 409,
      body: { error: { message: 'a password is set already: sign in with it' } },
    });
  });

  it.each([
    { name: 'a wrong code', code: '0000-000x', password: PASSWORD, status: 401, message: /code is not the one/ },
    {
      name: 'a short password',
      code: undefined,
      password: 'elevenchars',
      status: 400,
      message: /has 11 characters, at least 12/,
    },
  ])('$name is refused and changes nothing', async ({ code, password, status, message }) => {
    const reply = await api.call('POST', '/setup', { code: code ?? api.accounts.setupCode, password });
    expect(reply.status).toBe(status);
    expect(reply.body.error.message).toMatch(message);
    expect((await api.call('GET', '/session')).body).toEqual({ isSetUp: false, isSignedIn: false });
  });

  it('keeps the password as a salted hash, for its owner alone', async () => {
    await api.setUp();
    const file = join(api.folder, 'auth.json');
    expect(await readFile(file, 'utf8')).not.toContain(PASSWORD);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('signing in', () => {
  beforeEach(() => api.setUp());

  it('is needed for everything but the first steps', async () => {
    api.signOutLocally();
    for (const route of api.routes.filter((route) => !route.isPublic)) {
      const path = route.path.replaceAll(/:\w+/g, '1');
      expect([route.path, (await api.call(route.method.toUpperCase(), path)).status]).toEqual([route.path, 401]);
    }
  });

  it('works with the password, and ends by signing out and after 12 hours', async () => {
    api.signOutLocally();
    expect((await api.call('POST', '/session', { password: PASSWORD })).status).toBe(200);
    expect((await api.call('GET', '/channels')).status).toBe(200);
    await api.clock.advance(12 * HOUR_MS - 1);
    expect((await api.call('GET', '/channels')).status).toBe(200);
    await api.clock.advance(1);
    expect((await api.call('GET', '/channels')).status).toBe(401);
    await api.call('POST', '/session', { password: PASSWORD });
    expect((await api.call('DELETE', '/session')).status).toBe(204);
    expect((await api.call('GET', '/channels')).status).toBe(401);
    expect(api.events.map(({ event }) => event)).toEqual(['password-set', 'signed-in', 'signed-in', 'signed-out']);
  });

  it('is slowed more and more for who guesses', async () => {
    api.signOutLocally();
    const guess = () => api.call('POST', '/session', { password: 'guess' });
    for (let count = 0; count < 5; count++) expect((await guess()).status).toBe(401);
    const slowed = await guess();
    expect(slowed.status).toBe(429);
    expect(slowed.headers.get('retry-after')).toBe('1');
    await api.clock.advance(SECOND_MS);
    expect((await guess()).status).toBe(401);
    expect((await guess()).headers.get('retry-after')).toBe('2');
    // Not even the right password, until the wait is over.
    expect((await api.call('POST', '/session', { password: PASSWORD })).status).toBe(429);
    await api.clock.advance(5 * MINUTE_MS);
    expect((await api.call('POST', '/session', { password: PASSWORD })).status).toBe(200);
    expect(api.events.filter(({ event }) => event === 'signed-in-refused')).toHaveLength(6);
  });

  it('cannot be guessed by many attempts at once', async () => {
    api.signOutLocally();
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => api.call('POST', '/session', { password: 'guess' })),
    );
    expect(replies.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(5);
  });
});
