import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AllottedChannel, allottedMbps, refuseAdmission } from '../../src/channels/admission.ts';

const MODEL = { channelCount: 32, ratingMbps: 64, tailMaxMB: 256 };

function channels(count: number, allotmentMbps: number): AllottedChannel[] {
  return Array.from({ length: count }, (_, index) => ({ number: index + 1, allotmentMbps }));
}

describe('admission', () => {
  const cases: {
    name: string;
    limits?: Partial<typeof MODEL>;
    others: AllottedChannel[];
    candidate: AllottedChannel;
    refusal: string | undefined;
  }[] = [
    {
      name: 'the first channel of an empty unit is taken',
      others: [],
      candidate: { number: 1, allotmentMbps: 2 },
      refusal: undefined,
    },
    {
      name: 'the 32nd channel of 2 Mbps fills 32 channels and 64 Mbps exactly',
      others: channels(31, 2),
      candidate: { number: 32, allotmentMbps: 2 },
      refusal: undefined,
    },
    {
      name: 'the 33rd channel is refused by the count',
      others: channels(32, 2),
      candidate: { number: 33, allotmentMbps: 2 },
      refusal: 'model has 32 channels: 32 are in use, this would be one more',
    },
    {
      name: 'a 33rd channel that needs next to nothing is refused all the same',
      others: channels(32, 1),
      candidate: { number: 33, allotmentMbps: 0.001 },
      refusal: 'model has 32 channels: 32 are in use, this would be one more',
    },
    {
      name: 'a channel that would need one megabit more than is left is refused with the numbers',
      others: channels(31, 2),
      candidate: { number: 32, allotmentMbps: 3 },
      refusal: 'rating 64 Mbps: 31 channels use 62.0, this one needs 3.0',
    },
    {
      name: 'the numbers of the example in the manual',
      others: channels(31, 2),
      candidate: { number: 32, allotmentMbps: 4 },
      refusal: 'rating 64 Mbps: 31 channels use 62.0, this one needs 4.0',
    },
    {
      name: 'a kilobit too much is too much, and is shown',
      others: channels(31, 2),
      candidate: { number: 32, allotmentMbps: 2.001 },
      refusal: 'rating 64 Mbps: 31 channels use 62.0, this one needs 2.001',
    },
    {
      name: 'binary fractions do not count as more than they mean',
      limits: { ratingMbps: 0.3 },
      others: [{ number: 1, allotmentMbps: 0.1 }],
      candidate: { number: 2, allotmentMbps: 0.2 },
      refusal: undefined,
    },
    {
      name: 'a number beyond the model is refused although there is room',
      others: [],
      candidate: { number: 33, allotmentMbps: 2 },
      refusal: 'channel number 33: model has channels 1 to 32',
    },
    {
      name: 'a number in use is refused',
      others: channels(3, 2),
      candidate: { number: 2, allotmentMbps: 2 },
      refusal: 'channel number 2 is in use',
    },
    {
      name: 'tails that would not fit into memory are refused with the numbers',
      limits: { tailMaxMB: 20 },
      others: channels(15, 2),
      candidate: { number: 16, allotmentMbps: 8 },
      refusal: 'memory for tails 20 MB (5 s of each channel): 15 channels use 18.8, this one needs 5.0',
    },
  ];
  it.each(cases)('$name', ({ limits, others, candidate, refusal }) => {
    expect(refuseAdmission({ ...MODEL, ...limits }, others, candidate)).toBe(refusal);
  });

  it('refuses a change to 3 Mbps of each of 32 channels at 2 Mbps', () => {
    const all = channels(32, 2);
    for (const channel of all) {
      const others = all.filter((other) => other !== channel);
      expect(refuseAdmission(MODEL, others, { ...channel, allotmentMbps: 3 })).toBe(
        'rating 64 Mbps: 31 channels use 62.0, this one needs 3.0',
      );
    }
  });

  it('never lets the sum exceed the rating, nor the count the model, whatever is asked for', () => {
    const ask = fc.record({
      number: fc.integer({ min: 1, max: 40 }),
      allotmentMbps: fc.double({ min: 1e-6, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(ask, { maxLength: 120 }),
        fc.double({ min: 0.5, max: 200, noNaN: true }),
        (asked, rating) => {
          const limits = { channelCount: 16, ratingMbps: rating, tailMaxMB: 1_000_000 };
          let admitted: AllottedChannel[] = [];
          for (const candidate of asked) {
            // Asking for a number that is taken stands for a change of that channel.
            const others = admitted.filter((channel) => channel.number !== candidate.number);
            if (refuseAdmission(limits, others, candidate) === undefined) admitted = [...others, candidate];
          }
          expect(admitted.reduce((sum, channel) => sum + channel.allotmentMbps, 0)).toBeLessThanOrEqual(rating + 1e-6);
          expect(allottedMbps(admitted)).toBeLessThanOrEqual(rating + 1e-6);
          expect(admitted.length).toBeLessThanOrEqual(16);
        },
      ),
    );
  });
});
