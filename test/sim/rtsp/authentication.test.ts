import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import type { SimulatedCamera } from '../camera.ts';
import { openClient, startCamera } from '../camera-under-test.ts';

describe('with a password', () => {
  const credentials = { user: 'admin', password: 'se:cret' };

  test('nobody gets in without it, and both schemes are offered', async () => {
    const client = await openClient(await startCamera({ credentials }));
    const { status, headers } = await client.request('DESCRIBE');
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Holdfast simulator"']);
    expect((await client.request('OPTIONS')).status).toBe(200);
    expect((await client.request('DESCRIBE', '', { Authorization: basic('admin', 'wrong') })).status).toBe(401);
  });

  test('basic authentication lets in where it is offered', async () => {
    const client = await openClient(await startCamera({ credentials, authScheme: 'basic' }));
    expect((await client.request('DESCRIBE', '', { Authorization: basic('admin', 'se:cret') })).status).toBe(200);
  });

  test('digest authentication lets in, once the nonce is the one of this connection', async () => {
    const camera = await startCamera({ credentials, authScheme: 'digest' });
    const client = await openClient(camera);
    expect((await client.request('DESCRIBE', '', { Authorization: basic('admin', 'se:cret') })).status).toBe(401);
    const { challenges } = await client.request('DESCRIBE');
    const stale = await client.request('DESCRIBE', '', answer(camera, challenges[0]!, { nonce: '0123' }));
    expect([stale.status, stale.challenges]).toEqual([401, [`${challenges[0]}, stale=true`]]);
    expect((await client.request('DESCRIBE', '', answer(camera, challenges[0]!))).status).toBe(200);
  });

  test('SHA-256 is asked for and taken, and MD5 is not', async () => {
    const camera = await startCamera({ credentials, authScheme: 'digest', digest: 'sha-256' });
    const client = await openClient(camera);
    const { challenges } = await client.request('DESCRIBE');
    expect(challenges.length).toBe(1);
    expect(challenges[0]).toContain('algorithm=SHA-256');
    const withMd5 = answer(camera, challenges[0]!, { algorithm: 'MD5' });
    expect((await client.request('DESCRIBE', '', withMd5)).status).toBe(401);
    expect((await client.request('DESCRIBE', '', answer(camera, challenges[0]!))).status).toBe(200);
  });

  test('several challenges come in the order of their worth, and each lets in', async () => {
    const camera = await startCamera({ credentials, digest: 'both' });
    const client = await openClient(camera);
    const { challenges } = await client.request('DESCRIBE');
    expect(challenges.map((line) => /algorithm=[\w-]+|Basic/.exec(line)![0])).toEqual([
      'algorithm=SHA-256',
      'algorithm=MD5',
      'Basic',
    ]);
    for (const challenge of challenges.slice(0, 2)) {
      expect((await client.request('DESCRIBE', '', answer(camera, challenge))).status).toBe(200);
    }
    expect((await client.request('DESCRIBE', '', { Authorization: basic('admin', 'se:cret') })).status).toBe(200);
  });

  test('with qop, an answer needs it', async () => {
    const camera = await startCamera({ credentials, hasQop: true });
    const client = await openClient(camera);
    const { challenges } = await client.request('DESCRIBE');
    expect(challenges[0]).toContain('qop="auth"');
    const without = answer(camera, challenges[0]!.replace(', qop="auth"', ''));
    expect((await client.request('DESCRIBE', '', without)).status).toBe(401);
    expect((await client.request('DESCRIBE', '', answer(camera, challenges[0]!))).status).toBe(200);
  });

  test('a nonce is stale after its time, and the new one lets in', async () => {
    const clock = new ManualClock(Date.UTC(2030, 0, 1));
    const camera = await startCamera({ credentials, nonceSeconds: 30, clock });
    const client = await openClient(camera);
    const { challenges } = await client.request('DESCRIBE');
    expect((await client.request('DESCRIBE', '', answer(camera, challenges[0]!))).status).toBe(200);
    await clock.advance(31_000);
    const stale = await client.request('DESCRIBE', '', answer(camera, challenges[0]!));
    expect(stale.status).toBe(401);
    expect(stale.challenges[0]).toContain('stale=true');
    expect((await client.request('DESCRIBE', '', answer(camera, stale.challenges[0]!))).status).toBe(200);
  });

  test('the fault refuse-password refuses the right one, until it is cleared', async () => {
    const camera = await startCamera({ credentials });
    const client = await openClient(camera);
    const headers = { Authorization: basic('admin', 'se:cret') };
    await camera.setFault({ kind: 'refuse-password' });
    expect((await client.request('DESCRIBE', '', headers)).status).toBe(401);
    await camera.clearFaults();
    expect((await client.request('DESCRIBE', '', headers)).status).toBe(200);
  });
});

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** To a challenge, for DESCRIBE. */
function answer(camera: SimulatedCamera, challenge: string, change: { nonce?: string; algorithm?: string } = {}) {
  const algorithm = change.algorithm ?? /algorithm=([\w-]+)/.exec(challenge)?.[1];
  const nonce = change.nonce ?? /nonce="(\w+)"/.exec(challenge)![1]!;
  const hash = (text: string) =>
    createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const realm = 'Holdfast simulator';
  const qop = challenge.includes('qop')
    ? { text: ', qop=auth, nc=00000001, cnonce="c"', middle: ':00000001:c:auth' }
    : undefined;
  const ha1 = hash(`admin:${realm}:se:cret`);
  const response = hash(`${ha1}:${nonce}${qop?.middle ?? ''}:${hash(`DESCRIBE:${camera.url}`)}`);
  const named = algorithm === undefined ? '' : `, algorithm=${algorithm}`;
  const fields = `username="admin", realm="${realm}", nonce="${nonce}", uri="${camera.url}", response="${response}"`;
  return { Authorization: `Digest ${fields}${named}${qop?.text ?? ''}` };
}
