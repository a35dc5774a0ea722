import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/base/errors.ts';
import { parseSettings } from '../../src/config/load-settings.ts';
import { migrate } from '../../src/config/migrations.ts';

const CHANNEL = { number: 1, name: 'Loading dock', url: 'rtsp://192.168.1.20/main', allotmentMbps: 2 };

function withChannels(...channels: object[]): string {
  return JSON.stringify({ version: 1, channels });
}

function messageOf(text: string): string {
  try {
    parseSettings(text, 'settings.json');
  } catch (error) {
    if (isAppError(error, 'bad-input')) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a settings file', () => {
  it('may leave out whatever has a default', () => {
    const settings = parseSettings(withChannels(CHANNEL), 'settings.json');
    expect(settings).toMatchObject({ name: 'Holdfast', retention: { maxAgeDays: null }, segmentMinutes: 5 });
    expect(settings.channels[0]).toMatchObject({ ...CHANNEL, username: '', schedule: null, bays: [], isEnabled: true });
    expect(settings.channels[0]!.id).toMatch(/^[0-9a-f]{8}-loading-dock$/);
  });

  const refused: { name: string; text: string; message: RegExp | string }[] = [
    { name: 'that is cut', text: '{"version":1,', message: /^settings\.json: not valid JSON/ },
    { name: 'that is a list', text: '[]', message: 'settings.json: expected an object of settings' },
    {
      name: 'with a misspelt field',
      text: JSON.stringify({ version: 1, segmentMinute: 5 }),
      message: /^settings\.json: segmentMinute is not a known field, expected one of version, name, .*segmentMinutes/,
    },
    {
      name: 'with a misspelt field of a channel',
      text: withChannels({ ...CHANNEL, allotmentMbs: 3 }),
      message: /^settings\.json: channels\[0\]\.allotmentMbs is not a known field, expected one of id, number, name/,
    },
    {
      name: 'with an allotment of nothing',
      text: withChannels({ ...CHANNEL, allotmentMbps: 0 }),
      message:
        'settings.json: channels[0].allotmentMbps: 0 is not allowed, expected number greater than 0 at most 10000',
    },
    {
      name: 'with a text in place of a number',
      text: withChannels({ ...CHANNEL, number: 'one' }),
      message: 'settings.json: channels[0].number: "one" is not allowed, expected integer at least 1 at most 256',
    },
    {
      name: 'with a channel without address',
      text: withChannels({ number: 1, name: 'Dock', allotmentMbps: 2 }),
      message: 'settings.json: channels[0].url is missing, expected an address such as rtsp://192.168.1.20/stream1',
    },
    {
      name: 'with an address that is not RTSP',
      text: withChannels({ ...CHANNEL, url: 'http://192.168.1.20/' }),
      message: /^settings\.json: channels\[0\]\.url: "http:\/\/192\.168\.1\.20\/" is not RTSP/,
    },
    {
      name: 'with a password in an address, which the message does not repeat',
      text: withChannels({ ...CHANNEL, url: 'rtsp://admin:hunter22@192.168.1.20/' }),
      message: /^settings\.json: channels\[0\]\.url: "rtsp:\/\/…@192\.168\.1\.20\/" carries a user name or password/,
    },
    {
      name: 'with UDP for an encrypted address',
      text: withChannels({ ...CHANNEL, url: 'rtsps://192.168.1.20/', transport: 'udp' }),
      message: /^settings\.json: channels\[0\]\.transport: "udp" is not allowed for an rtsps address/,
    },
    {
      name: 'with a channel number used twice',
      text: withChannels(CHANNEL, { ...CHANNEL, name: 'Gate' }),
      message: 'settings.json: channels[1].number: 1 is taken already by channels[0]',
    },
    {
      name: 'with a time zone that nobody knows',
      text: withChannels({ ...CHANNEL, schedule: { timeZone: 'Europe/Bielefeld', spans: [] } }),
      message: /channels\[0\]\.schedule: timeZone: "Europe\/Bielefeld" is not a known time zone/,
    },
    {
      name: 'with a span that begins when it ends',
      text: withChannels({
        ...CHANNEL,
        schedule: { timeZone: 'UTC', spans: [{ days: ['mon'], from: '08:00', to: '08:00' }] },
      }),
      message: /schedule: spans\[0\]: from and to are both 08:00; a whole day is 00:00 to 24:00/,
    },
    {
      name: 'with a retention of minus one day',
      text: JSON.stringify({ version: 1, retention: { maxAgeDays: -1 } }),
      message:
        'settings.json: retention.maxAgeDays: -1 is not allowed, expected a number of days greater than 0, or null',
    },
    {
      name: 'with a port that does not exist',
      text: JSON.stringify({ version: 1, listen: '127.0.0.1:84800' }),
      message: 'settings.json: listen: "127.0.0.1:84800" is not allowed, ports end at 65535',
    },
    {
      name: 'of a newer firmware',
      text: JSON.stringify({ version: 2 }),
      message: 'settings.json: version: 2 is not allowed, expected 1 (the file is from a newer firmware)',
    },
  ];
  it.each(refused)('$name is refused', ({ text, message }) => {
    if (typeof message === 'string') expect(messageOf(text)).toBe(message);
    else expect(messageOf(text)).toMatch(message);
  });

  it('gives settings or an error for people, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify({ channels: [value] })),
        ),
        (text) => {
          expect(typeof messageOf(text)).toBe('string');
        },
      ),
    );
  });
});

describe('migration', () => {
  const steps = { 1: (old: Record<string, unknown>) => ({ ...old, title: old.name }) };

  it('brings up settings of the version before', () => {
    expect(migrate({ version: 1, name: 'Shop' }, 'file', { version: 2, steps })).toEqual({
      version: 2,
      name: 'Shop',
      title: 'Shop',
    });
  });

  it('refuses what is older than that', () => {
    expect(() => migrate({ version: 1 }, 'file', { version: 3, steps })).toThrow('file: version: 1 is not allowed');
  });
});
