import { describe, expect, it } from 'vitest';
import {
  joinControl,
  parseRtspUrl,
  peerName,
  redactUrl,
  repairBase,
  resolveLocation,
} from '../../../src/protocols/rtsp/url.ts';

describe('RTSP addresses', () => {
  const cases: [string, string, object][] = [
    [
      'a plain one',
      'rtsp://10.0.0.5/live',
      { host: '10.0.0.5', port: 554, requestUrl: 'rtsp://10.0.0.5/live', username: undefined },
    ],
    ['a port', 'rtsp://cam:8554/a?b=c', { host: 'cam', port: 8554, requestUrl: 'rtsp://cam:8554/a?b=c' }],
    ['no path', 'RTSP://cam', { requestUrl: 'rtsp://cam' }],
    [
      'an encrypted one',
      'rtsps://cam/a',
      { isEncrypted: true, port: 322, hasPort: false, requestUrl: 'rtsps://cam/a' },
    ],
    [
      'an encrypted one with a port',
      'RTSPS://cam:554/a',
      { port: 554, hasPort: true, requestUrl: 'rtsps://cam:554/a' },
    ],
    [
      'credentials are split off',
      'rtsp://user:p%40ss@cam/x',
      { username: 'user', password: 'p@ss', requestUrl: 'rtsp://cam/x' },
    ],
    ['a password that is not escaped', 'rtsp://user:p@s#s%@cam/x', { password: 'p@s#s%', requestUrl: 'rtsp://cam/x' }],
    ['a user without password', 'rtsp://user@cam/x', { username: 'user', password: '' }],
    ['an at sign in the path', 'rtsp://cam/x@y', { host: 'cam', username: undefined, requestUrl: 'rtsp://cam/x@y' }],
    [
      'IPv6',
      'rtsp://[fe80::1%eth0]:8554/x',
      { host: 'fe80::1%eth0', port: 8554, requestUrl: 'rtsp://[fe80::1%eth0]:8554/x' },
    ],
  ];
  it.each(cases)('%s', (_, text, expected) => {
    expect(parseRtspUrl(text)).toMatchObject(expected);
  });

  it.each([
    '',
    'http://cam/',
    'cam/live',
    'rtsp://',
    'rtsp:///x',
    'rtsp://cam:0/',
    'rtsp://cam:99999/',
    'rtsp://a b/',
    'rtsp://cam/x y',
  ])('refuses %j', (text) => {
    expect(() => parseRtspUrl(text)).toThrow(/RTSP address/);
  });

  it('never repeats a password in a message', () => {
    for (const text of ['http://u:secret@cam/', 'rtsp://u:secret@cam:0/', 'rtsp://u:secret@/', 'u:secret@cam/']) {
      expect(() => parseRtspUrl(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') }),
      );
    }
    expect(redactUrl('rtsp://u:secret@cam/x')).toBe('rtsp://cam/x');
  });
});

describe('address of a stream', () => {
  const cases: [string, string, string | undefined, string][] = [
    ['none', 'rtsp://h/p/', undefined, 'rtsp://h/p/'],
    ['the session itself', 'rtsp://h/p/', '*', 'rtsp://h/p/'],
    ['behind a slash', 'rtsp://h/p/', 'trackID=1', 'rtsp://h/p/trackID=1'],
    ['behind no slash', 'rtsp://h/p', 'trackID=1', 'rtsp://h/p/trackID=1'],
    ['with a slash of its own', 'rtsp://h/p', '/trackID=1', 'rtsp://h/p/trackID=1'],
    ['slashes on both sides', 'rtsp://h/p/', '/trackID=1', 'rtsp://h/p/trackID=1'],
    ['behind a query', 'rtsp://h/p?a=b', 'trackID=1', 'rtsp://h/p?a=b/trackID=1'],
    ['a query', 'rtsp://h/p', '?ctype=video', 'rtsp://h/p?ctype=video'],
    ['absolute and encrypted', 'rtsps://h/p', 'rtsps://u:secret@h/p/t1', 'rtsps://h/p/t1'],
    ['absolute, though the host is wrong', 'rtsp://h/p', 'rtsp://192.168.1.1/p/t1', 'rtsp://192.168.1.1/p/t1'],
  ];
  it.each(cases)('%s', (_, base, control, expected) => {
    expect(joinControl(base, control)).toBe(expected);
  });
});

describe('Content-Base', () => {
  const cases: [string, string | undefined, string][] = [
    ['missing', undefined, 'rtsp://h/p'],
    ['empty', ' ', 'rtsp://h/p'],
    ['as it should be', 'rtsp://h/p/ ', 'rtsp://h/p/'],
    ['without a scheme (Anjvision)', '192.168.1.10:554/stream0/', 'rtsp://192.168.1.10:554/stream0/'],
    ['with two of them', 'rtsp://rtsp://h/p/', 'rtsp://h/p/'],
    ['with IPv6 outside brackets', 'rtsp://::ffff:192.168.1.123/p/', 'rtsp://[::ffff:192.168.1.123]/p/'],
    ['with IPv6 outside brackets, and a port', 'rtsp://::ffff:10.0.0.5:8554/p/', 'rtsp://[::ffff:10.0.0.5]:8554/p/'],
    ['a path alone', '/stream0/', 'rtsp://h/stream0/'],
    ['with credentials', 'rtsp://u:secret@h/p/', 'rtsp://h/p/'],
    ['encrypted', 'rtsps://h/p/', 'rtsps://h/p/'],
    ['a scheme alone', 'rtsp://', 'rtsp://h/p'],
  ];
  it.each(cases)('%s', (_, contentBase, expected) => {
    expect(repairBase(contentBase, 'rtsp://h/p')).toBe(expected);
  });
});

describe('Content-Base of an encrypted session', () => {
  it.each([
    ['192.168.1.10/stream0/', 'rtsps://192.168.1.10/stream0/'],
    ['/stream0/', 'rtsps://h:8322/stream0/'],
    ['rtsp://h/p/', 'rtsp://h/p/'],
  ])('%s', (contentBase, expected) => {
    expect(repairBase(contentBase, 'rtsps://h:8322/p')).toBe(expected);
  });
});

describe('where a redirection leads', () => {
  const cases: [string, string, string, string][] = [
    ['a whole address', 'rtsp://h/a', 'rtsp://other:8554/b', 'rtsp://other:8554/b'],
    ['blanks around it', 'rtsp://h/a', ' rtsp://other/b ', 'rtsp://other/b'],
    ['an encrypted one', 'rtsp://h/a', 'rtsps://h/a', 'rtsps://h/a'],
    ['a path', 'rtsp://h:8554/a/b', '/c', 'rtsp://h:8554/c'],
    ['a host without scheme', 'rtsps://h/a', '//other/b', 'rtsps://other/b'],
    ['a name beside the last one', 'rtsp://h/a/b?c=/d', 'e', 'rtsp://h/a/e'],
    ['a name where there is no path', 'rtsp://h', 'e', 'rtsp://h/e'],
  ];
  it.each(cases)('%s', (_, from, location, expected) => {
    expect(resolveLocation(location, from).requestUrl).toBe(expected);
  });

  it('not to something else', () => {
    expect(() => resolveLocation('http://h/', 'rtsp://h/')).toThrow(/not an RTSP address/);
  });
});

describe('peerName', () => {
  it.each([
    ['10.0.0.5', 554, '10.0.0.5:554'],
    ['fe80::1', 322, '[fe80::1]:322'],
  ])('%s %i', (host, port, expected) => {
    expect(peerName({ host, port })).toBe(expected);
  });
});
