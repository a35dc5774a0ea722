import { describe, expect, it } from 'vitest';
import { describeOptions, parseOptions } from '../../scripts/lib/arguments.ts';

const table = {
  cameras: { kind: 'number', min: 0, max: 64, isInteger: true, help: 'simulated cameras' },
  camera: { kind: 'texts', what: 'rtsp://…', help: 'a real camera' },
  data: { kind: 'text', what: 'DIR', help: 'folder' },
  json: { kind: 'flag', help: 'one JSON object' },
} as const;

describe('parseOptions', () => {
  it('reads each kind, in both spellings', () => {
    const argv = ['--cameras', '8', '--camera', 'rtsp://a', '--camera=rtsp://b?x=1', '--json'];
    expect(parseOptions(argv, table)).toEqual({
      cameras: 8,
      camera: ['rtsp://a', 'rtsp://b?x=1'],
      data: undefined,
      json: true,
    });
  });

  it.each([
    ['an option that does not exist', ['--channels', '4'], 'unknown option "--channels"'],
    ['a word without dashes', ['record'], 'unknown option "record"'],
    ['a number that is none', ['--cameras', 'four'], '--cameras four: must be a whole number from 0 to 64'],
    ['an empty number', ['--cameras='], 'must be a whole number from 0 to 64'],
    ['a number beyond the limit', ['--cameras', '65'], '--cameras 65: must be a whole number from 0 to 64'],
    ['half a camera', ['--cameras', '1.5'], 'must be a whole number'],
    ['a missing value', ['--data'], '--data needs DIR'],
    ['a value for a flag', ['--json=yes'], '--json takes no value, got "yes"'],
  ])('refuses %s by its name', (_name, argv, message) => {
    expect(() => parseOptions(argv, table)).toThrow(message);
  });

  it('describes all options for a person', () => {
    expect(describeOptions(table)).toContain('--cameras N        simulated cameras');
  });
});
