import { describe, expect, it } from 'vitest';
import { GAP_CAUSES } from '../../../../src/archive/entries.ts';
import type { ChannelStateName } from '../../../../src/servers/admin/page/api/types.ts';
import {
  causeWords,
  channelWords,
  findingsWords,
  unplayableSentence,
} from '../../../../src/servers/admin/page/text/words.ts';

describe('state of a channel in plain words', () => {
  const cases: [string, ChannelStateName, string | null, string, string][] = [
    ['all is well', 'recording', null, 'good', 'Recording'],
    ['on its way', 'connecting', null, 'wait', 'Connecting'],
    ['a failure is named by its cause', 'failing', 'refused-password', 'bad', 'Camera refuses the password'],
    ['a failure without a cause is still one', 'failing', null, 'bad', 'Not recording'],
    ['a schedule is no fault', 'paused', 'schedule', 'idle', 'Off by schedule'],
    ['a missing drive is one', 'paused', 'no-drive', 'bad', 'Paused: no drive'],
    ['switched off', 'off', null, 'idle', 'Off'],
  ];
  it.each(cases)('%s', (_, state, cause, tone, text) => expect(channelWords({ state, cause })).toEqual({ tone, text }));

  it('a recorder that is away is said before what the channel said last', () =>
    expect(channelWords({ state: 'recording', cause: null }, false).tone).toBe('bad'));
});

describe('what stands beside the link to a stream report', () => {
  it.each([
    ['nothing, where there is nothing to do', { problem: 0, advice: 0, note: 2 }, undefined],
    ['problems before hints', { problem: 2, advice: 3, note: 0 }, { tone: 'bad', text: '2 problems' }],
    ['a single hint', { problem: 0, advice: 1, note: 0 }, { tone: 'wait', text: '1 hint' }],
  ] as const)('%s', (_, findings, words) => expect(findingsWords(findings)).toEqual(words));
});

describe('what a browser cannot play', () => {
  it.each([
    ['video/mp4; codecs="hvc1.1.6.L93.B0,mp4a.40.2"', /cannot play H\.265/],
    ['video/mp4; codecs="mp4v.6C"', /cannot play recorded Motion JPEG/],
  ])('%s is named as people know it', (mime, sentence) => expect(unplayableSentence(mime)).toMatch(sentence));

  it('is left to the browser where we have no word for it', () =>
    expect(unplayableSentence('video/mp4; codecs="av01.0.04M.08"')).toBeUndefined());
});

describe('cause of a gap', () => {
  it.each(GAP_CAUSES)('%s has words of its own', (cause) => expect(causeWords(cause).text).not.toContain('-'));
  it('one of a newer version is shown as it is written', () =>
    expect(causeWords('port-without-power')).toEqual({ tone: 'bad', text: 'Port without power' }));
});
