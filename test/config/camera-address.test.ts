import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cameraAddressProblem, splitCameraAddress } from '../../src/config/camera-address.ts';
import { newChannelId } from '../../src/config/channel-id.ts';
import { CHANNEL_ID_PATTERN } from '../../src/config/settings.ts';

describe('address of a camera', () => {
  it.each([
    { name: 'plain', address: 'rtsp://10.0.0.5/live', url: 'rtsp://10.0.0.5/live' },
    {
      name: 'with user and password',
      address: 'rtsp://admin:s3cret@10.0.0.5:554/live?x=1',
      url: 'rtsp://10.0.0.5:554/live?x=1',
      username: 'admin',
      password: 's3cret',
    },
    {
      name: 'with an @ in the password that was not encoded',
      address: 'rtsp://admin:p@ss@10.0.0.5/live',
      url: 'rtsp://10.0.0.5/live',
      username: 'admin',
      password: 'p@ss',
    },
    {
      name: 'with an encoded password',
      address: 'rtsp://admin:p%40%2Fss@10.0.0.5/live',
      url: 'rtsp://10.0.0.5/live',
      username: 'admin',
      password: 'p@/ss',
    },
    {
      name: 'encrypted, with user and password',
      address: 'rtsps://admin:s3cret@10.0.0.5:322/live',
      url: 'rtsps://10.0.0.5:322/live',
      username: 'admin',
      password: 's3cret',
    },
    { name: 'with an @ only in the path', address: 'rtsp://10.0.0.5/a@b', url: 'rtsp://10.0.0.5/a@b' },
  ])('$name', ({ address, ...parts }) => {
    const { name, ...expected } = parts;
    expect(splitCameraAddress(address)).toEqual(expected);
    expect(cameraAddressProblem(splitCameraAddress(address).url)).toBeUndefined();
  });

  it.each([
    ['camera 5'],
    ['http://10.0.0.5/'],
    ['rtspx://10.0.0.5/'],
    ['rtsp://'],
    ['rtsps://'],
    ['rtsp://a:b@10.0.0.5/'],
    ['file:///etc/passwd'],
  ])('%s is refused with a reason', (address) => {
    expect(cameraAddressProblem(address)).toMatch(/is not|names no host|carries/);
  });
});

describe('what is said of an address', () => {
  it.each([
    ['rtsp://u:HIDDEN@1.2.3.4:99999/'],
    ['rtsps://u:HIDDEN@1.2.3.4:99999/'],
    ['rtsp:/user:HIDDEN@host/x'],
    ['user:HIDDEN@host'],
    ['rtsp://1.2.3.4/x\r\nX: HIDDEN'],
  ])('never shows the password of %j', (address) => {
    const problem = cameraAddressProblem(address);
    expect(problem).toBeDefined();
    expect(problem).not.toContain('HIDDEN');
  });
});

describe('id of a channel', () => {
  it('has a readable part of whatever people call it, and fits a path', () => {
    expect(newChannelId('Café, Überwachung №5')).toMatch(/^[0-9a-f]{8}-cafe-uberwachung-no5$/);
    expect(newChannelId('監視')).toMatch(/^[0-9a-f]{8}$/);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (name) => {
        expect(newChannelId(name)).toMatch(new RegExp(CHANNEL_ID_PATTERN));
      }),
    );
  });
});
