import { describe, expect, it } from 'vitest';
import { keepsLostSessions } from '../../../src/protocols/rtsp/known-servers.ts';

describe('servers that keep a session whose connection was lost', () => {
  it.each([
    ['LIVE555 Streaming Media v2013.02.11', true],
    ['LIVE555 Streaming Media v2017.06.03', true],
    ['LIVE555 Streaming Media v2017.06.04', false],
    ['LIVE555 Streaming Media v2023.01.19', false],
    ['live555 2012.10.04', true],
    ['LIVE555 Streaming Media', false],
    ['GStreamer', false],
    ['Lavf 2013.02.11', false],
    [undefined, false],
  ])('%s: %s', (tool, expected) => {
    expect(keepsLostSessions(tool)).toBe(expected);
  });
});
