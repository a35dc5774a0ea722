import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceTracker } from '../../../src/media/rtp/sequence.ts';

describe('sequence numbers', () => {
  const cases: [string, number[], string[], { lost: number; late?: number }][] = [
    ['in order', [7, 8, 9], ['next', 'next', 'next'], { lost: 0 }],
    ['from the last number on', [65_535, 0], ['next', 'next'], { lost: 0 }],
    ['over the wrap', [65_534, 65_535, 0, 1], ['next', 'next', 'next', 'next'], { lost: 0 }],
    ['two missing', [7, 10], ['next', 'gap'], { lost: 2 }],
    ['missing over the wrap', [65_535, 2], ['next', 'gap'], { lost: 2 }],
    ['a duplicate', [7, 7, 8], ['next', 'unneeded', 'next'], { lost: 0 }],
    ['one that comes late is not lost', [7, 9, 8, 10], ['next', 'gap', 'late', 'next'], { lost: 0, late: 1 }],
    ['one that comes late twice', [7, 9, 8, 8], ['next', 'gap', 'late', 'unneeded'], { lost: 0, late: 1 }],
    [
      'one that comes late over the wrap',
      [65_534, 1, 65_535, 0],
      ['next', 'gap', 'late', 'late'],
      { lost: 0, late: 2 },
    ],
    ['one from before the first', [7, 6, 8], ['next', 'unneeded', 'next'], { lost: 0 }],
    ['a sender that starts again', [40_000, 12, 13], ['next', 'gap', 'next'], { lost: 0 }],
    ['a sender that starts again a little before', [4000, 3000, 3001], ['next', 'gap', 'next'], { lost: 0 }],
  ];
  it.each(cases)('%s', (_, sequence, verdicts, { lost, late = 0 }) => {
    const tracker = new SequenceTracker();
    expect(sequence.map((number) => tracker.push(number))).toEqual(verdicts);
    expect(tracker).toMatchObject({ packetsLost: lost, packetsLate: late });
  });

  it('count what was sent and the wraps, for receiver reports', () => {
    const tracker = new SequenceTracker();
    for (let i = 0; i < 70_000; i++) if (i % 1000 !== 500) tracker.push((65_000 + i) & 0xffff);
    expect(tracker).toMatchObject({ highest: 65_000 + 69_999, sent: 70_000, lost: 70, restarts: 0 });
  });

  it('count anew after a restart, and after another sender took over', () => {
    const tracker = new SequenceTracker();
    for (const number of [10, 12, 40_000, 40_002]) tracker.push(number);
    expect(tracker).toMatchObject({ highest: 40_002, sent: 3, lost: 1, packetsLost: 2, restarts: 1 });
    tracker.reset();
    expect(tracker.sent).toBe(0);
    expect(tracker.push(5)).toBe('next');
    expect(tracker).toMatchObject({ sent: 1, lost: 0, packetsLost: 2 });
  });

  it('a packet given up long ago is not remembered', () => {
    const tracker = new SequenceTracker();
    tracker.push(0);
    tracker.push(2001);
    expect([tracker.push(1900), tracker.push(1901), tracker.push(1902)]).toEqual(['gap', 'next', 'next']);
    expect(tracker.restarts).toBe(1);
  });

  it('never lose more than is missing, however packets are mixed', () => {
    const order = fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.nat(65_535), order, (start, displacements) => {
        // Each packet is sent at its place plus a displacement: all of them come.
        const arriving = displacements
          .map((displacement, i) => ({ at: i + displacement, number: (start + i) & 0xffff }))
          .sort((a, b) => a.at - b.at);
        const tracker = new SequenceTracker();
        const verdicts = arriving.map(({ number }) => tracker.push(number));
        expect(tracker.packetsLost).toBe(0);
        expect(tracker.restarts).toBe(0);
        expect(verdicts.filter((verdict) => verdict === 'late')).toHaveLength(tracker.packetsLate);
      }),
    );
  });
});
