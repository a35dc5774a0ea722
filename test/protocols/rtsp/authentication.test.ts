import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Authenticator, digestAuthorization, parseChallenges } from '../../../src/protocols/rtsp/authentication.ts';

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
    ['escaped quotes', 'Digest realm="a \\"b\\"", nonce="n"', [['digest', { realm: 'a "b"', nonce: 'n' }]]],
    ['nothing', '', []],
  ];
  it.each(cases)('%s', (_, value, expected) => {
    expect(parseChallenges(value).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(
      expected,
    );
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseChallenges(text);
      }),
    );
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
    expect(authenticator.takeChallenges(challenges)).toEqual({ kind: 'answerable', isStale: false });
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
