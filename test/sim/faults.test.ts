import { expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { FAULT_NAMES, faultUsage, parseFault, parseFaultWords } from './faults.ts';

test.each([
  ['drop', { kind: 'drop' }],
  ['refuse for 10', { kind: 'refuse', forSeconds: 10 }],
  ['silent hang', { kind: 'silent', hang: true }],
  ['lose-packets 0.05', { kind: 'lose-packets', share: 0.05 }],
  ['reorder-packets 0.5 7 for 2s', { kind: 'reorder-packets', share: 0.5, seed: 7, forSeconds: 2 }],
  ['jump-timestamps -3', { kind: 'jump-timestamps', seconds: -3 }],
  ['bitrate 4', { kind: 'bitrate', factor: 4 }],
  ['lose-bursts 0.01 20 7', { kind: 'lose-bursts', share: 0.01, packets: 20, seed: 7 }],
  ['jitter 50', { kind: 'jitter', ms: 50 }],
  ['step-clock 3600 for 9', { kind: 'step-clock', seconds: 3600, forSeconds: 9 }],
  ['restart-stream 5', { kind: 'restart-stream', seed: 5 }],
  ['garbage nals 0.2', { kind: 'garbage', what: 'nals', share: 0.2 }],
])('"%s" is understood', (text, fault) => {
  expect(parseFaultWords(text.split(' '))).toEqual(fault);
});

test.each([
  ['explode', 'unknown fault explode'],
  ['lose-packets', 'share is missing'],
  ['lose-packets 2', 'share is 2, allowed: 0 to 1'],
  ['bitrate many', 'factor is NaN, allowed: 1 to 50'],
  ['silent for ever', 'forSeconds is NaN'],
  ['garbage bits', 'what is bits, allowed: bytes, nals'],
  ['drop 1 2', 'takes 0 values'],
  ['lose-bursts 0.1', 'packets is missing'],
])('"%s" is refused with the reason', (text, reason) => {
  expect(() => parseFaultWords(text.split(' '))).toThrow(reason);
});

test.each([[undefined], ['silent'], [{}], [{ kind: 'silent', how: 1 }], [{ kind: 'bitrate', factor: '3' }]])(
  'JSON %j is refused',
  (value) => {
    expect(() => parseFault(value)).toThrow(AppError);
  },
);

test('each kind has a line of help', () => {
  expect(FAULT_NAMES.map((kind) => faultUsage(kind).split(' ')[0])).toEqual(FAULT_NAMES);
});
