import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Authenticator, digestAuthorization, parseChallenges } from '../../../src/protocols/rtsp/authentication.ts';
import { encodeRequest } from '../../../src/protocols/rtsp/message.ts';

describe('challenges', () => {
  const cases: [string, string, [string, Record<string, string>][]][] = [
    ['digest', 'Digest realm="Login to x", nonce="abc"', [['digest', { realm: 'Login to x', nonce: 'abc' }]]],
    [
      'without quotes and blanks',
      'Digest realm=x,nonce=abc,stale=TRUE',
      [['digest', { realm: 'x', nonce: 'abc', stale: 'TRUE' }]],
    ],
    [
      'several in one line',
      'Basic realm="a", Digest realm="b", nonce="n", qop="auth,auth-int"',
      [
        ['basic', { realm: 'a' }],
        ['digest', { realm: 'b', nonce: 'n', qop: 'auth,auth-int' }],
      ],
    ],
    [
      'several, and the parameters of one interrupted by another scheme',
      'Digest realm="a", nonce="n", algorithm=SHA-256, stale=false, Digest realm="a", nonce="m", algorithm="MD5", Basic realm="a"',
      [
        ['digest', { realm: 'a', nonce: 'n', algorithm: 'SHA-256', stale: 'false' }],
        ['digest', { realm: 'a', nonce: 'm', algorithm: 'MD5' }],
        ['basic', { realm: 'a' }],
      ],
    ],
    [
      'a nonce that ends with equals signs',
      'Digest realm=x, nonce=YWI==',
      [['digest', { realm: 'x', nonce: 'YWI==' }]],
    ],
    ['escaped quotes', 'Digest realm="a \\"b\\"", nonce="n"', [['digest', { realm: 'a "b"', nonce: 'n' }]]],
    ['nothing', '', []],
  ];
  it.each(cases)('%s', (_, value, expected) => {
    expect(parseChallenges(value).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(
      expected,
    );
  });

  it('reads no more than 4096 characters, whatever a camera sends', () => {
    expect(
      parseChallenges(`Digest realm="${'x'.repeat(5000)}", nonce="n"`)[0]!.parameters.get('nonce'),
    ).toBeUndefined();
    expect(parseChallenges('Basic, '.repeat(20_000))).toHaveLength(586);
  });
});

describe('digest', () => {
  // RFC 7616 §3.9.1
  const rfc7616 =
    'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const cases: [string, string, string][] = [
    ['MD5 with qop', `Digest algorithm=MD5, ${rfc7616}`, 'response="8ca523f5e9506fed4657c9700eebdbec"'],
    [
      'SHA-256 with qop',
      `Digest algorithm=SHA-256, ${rfc7616}`,
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    ],
  ];
  it.each(cases)('%s is as in the standard', (_, challenge, expected) => {
    const value = digestAuthorization({
      challenge: parseChallenges(challenge)[0]!,
      credentials: { username: 'Mufasa', password: 'Circle of Life' },
      method: 'GET',
      uri: '/dir/index.html',
      nonceCount: '00000001',
      clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    });
    expect(value).toContain(expected);
    expect(value).toContain('qop=auth, nc=00000001');
    expect(value).toContain('opaque=');
  });

  it('without qop is as in RFC 2069', () => {
    const value = digestAuthorization({
      challenge: parseChallenges('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')[0]!,
      credentials: { username: 'Mufasa', password: 'CircleOfLife' },
      method: 'GET',
      uri: '/dir/index.html',
      nonceCount: '00000001',
      clientNonce: 'x',
    });
    // The value of the erratum 749 of RFC 2069.
    expect(value).toContain('response="1949323746fe6a43ef61f9606e7febea"');
    expect(value).not.toContain('cnonce');
    expect(value).not.toContain('algorithm');
  });
});

describe('sessions and bytes', () => {
  const md5 = (...parts: (string | Buffer)[]) => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  };
  const answer = (challenge: string, credentials = { username: 'u', password: 'p' }, uri = 'rtsp://h/') =>
    digestAuthorization({
      challenge: parseChallenges(challenge)[0]!,
      credentials,
      method: 'PLAY',
      uri,
      nonceCount: '00000001',
      clientNonce: 'c',
    });

  it('MD5-sess without qop sends the nonce of ours that its key is made from', () => {
    const value = answer('Digest realm="r", nonce="n", algorithm=MD5-sess');
    const key = md5(md5('u:r:p'), ':n:c');
    expect(value).toContain(`response="${md5(key, ':n:', md5('PLAY:rtsp://h/'))}"`);
    expect(value).toContain('algorithm=MD5-sess');
    expect(value).toContain('cnonce="c"');
    expect(value).not.toContain('qop');
  });

  it('one nonce of ours serves all answers to a challenge, as MD5-sess wants it', () => {
    const authenticator = new Authenticator({ username: 'u', password: 'p' }, false);
    const nonceOfOurs = (value: string | undefined) => /cnonce="(\w+)"/.exec(value ?? '')?.[1];
    authenticator.takeChallenges(['Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess']);
    const first = nonceOfOurs(authenticator.authorize('PLAY', 'x'));
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(nonceOfOurs(authenticator.authorize('PLAY', 'x'))).toBe(first);
    authenticator.takeChallenges(['Digest realm="r", nonce="m", qop="auth", algorithm=MD5-sess']);
    expect(nonceOfOurs(authenticator.authorize('PLAY', 'x'))).not.toBe(first);
  });

  // What a camera says is read as Latin-1 and goes back as the same bytes; what the owner typed is UTF-8.
  it.each([
    ['UTF-8', Buffer.from('r\u00e9seau \u6444\u50cf', 'utf8')],
    ['Latin-1', Buffer.from('r\u00e9seau', 'latin1')],
  ])('a realm in %s is hashed and sent back byte by byte', (_, realm) => {
    const password = 'pass\u00f6rt';
    const value = answer(
      `Digest realm="${realm.toString('latin1')}", nonce="n"`,
      { username: '\u00fc', password },
      '/\u00e4',
    );
    const key = md5(Buffer.from('\u00fc:'), realm, Buffer.from(`:${password}`));
    expect(value).toContain(`response="${md5(key, ':n:', md5(Buffer.from('PLAY:/\u00e4')))}"`);
    const bytes = encodeRequest({ method: 'PLAY', url: '/\u00e4', headers: [['Authorization', value]] });
    expect(bytes.includes(realm)).toBe(true);
    expect(bytes.includes(Buffer.from('username="\u00fc"'))).toBe(true);
    expect(bytes.includes(Buffer.from('PLAY /\u00e4 RTSP'))).toBe(true);
  });
});

describe('which challenge is answered', () => {
  const md5 = 'Digest realm="r", nonce="n"';
  const sha = 'Digest realm="r", nonce="n", algorithm=SHA-256';
  const cases: [string, string[], boolean, RegExp][] = [
    ['digest before basic, in any order', ['Basic realm="r"', md5], true, /^Digest/],
    ['SHA-256 before MD5', [md5, sha], true, /algorithm=SHA-256/],
    [
      'MD5 where the other is unknown',
      ['Digest realm="r", nonce="n", algorithm=SHA-512-256', md5],
      true,
      /^Digest(?!.*algorithm)/,
    ],
    ['basic where it is allowed', ['Basic realm="r"'], true, /^Basic dTpw$/],
  ];
  it.each(cases)('%s', (_, challenges, isBasicAllowed, expected) => {
    const authenticator = new Authenticator({ username: 'u', password: 'p' }, isBasicAllowed);
    expect(authenticator.authorize('PLAY', 'rtsp://h/')).toBeUndefined();
    expect(authenticator.takeChallenges(challenges)).toMatchObject({ kind: 'answerable', isStale: false });
    expect(authenticator.authorize('PLAY', 'rtsp://h/')).toMatch(expected);
  });

  const refusals: [string, string, string[], RegExp][] = [
    ['basic where it is not allowed', 'u', ['Basic realm="r"'], /offers basic.*shows the password/],
    ['no credentials', '', [md5], /asks for a user name/],
    ['nothing offered', 'u', [], /offers nothing/],
  ];
  it.each(refusals)('refused: %s', (_, username, challenges, reason) => {
    const authenticator = new Authenticator({ username, password: '' }, false);
    expect(authenticator.takeChallenges(challenges)).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(reason),
    });
  });

  it('counts the uses of a nonce and notices a stale one', () => {
    const authenticator = new Authenticator({ username: 'u', password: 'p' }, false);
    authenticator.takeChallenges(['Digest realm="r", nonce="n", qop="auth"']);
    authenticator.authorize('PLAY', 'x');
    expect(authenticator.authorize('PLAY', 'x')).toContain('nc=00000002');
    expect(authenticator.takeChallenges(['Digest realm="r", nonce="m", qop="auth", stale=true'])).toMatchObject({
      isStale: true,
    });
    expect(authenticator.authorize('PLAY', 'x')).toContain('nc=00000001');
  });
});
