import { describe, expect, it } from 'vitest';
import { DecodableGate } from '../../src/recorder/decodable-gate.ts';
import { frame } from './support.ts';

const unit = (serial: number, flags: { isKey?: boolean; isAfterLoss?: boolean } = {}) => ({
  ...frame(serial, { isKey: flags.isKey ?? false }).unit,
  isAfterLoss: flags.isAfterLoss ?? false,
});

describe('what can be decoded', () => {
  it('passes, and what follows a loss does not, up to the next key frame', () => {
    const gate = new DecodableGate();
    const units = [
      unit(1, { isKey: true }),
      unit(2),
      unit(4, { isAfterLoss: true }),
      unit(5, { isAfterLoss: true }),
      unit(6, { isKey: true }),
      unit(7),
    ];
    expect(units.map((one) => gate.lets(one))).toEqual([true, true, false, false, true, true]);
    expect(gate.undecodable).toBe(2);
  });

  it('after a loss comes with the reason and the numbers, once', () => {
    const gate = new DecodableGate();
    for (const one of [unit(1, { isKey: true }), unit(4, { isAfterLoss: true }), unit(5, { isAfterLoss: true })])
      gate.lets(one);
    expect(gate.takeHole()).toBeUndefined();
    gate.lets(unit(304, { isKey: true }));
    expect(gate.takeHole()).toEqual({
      cause: 'stream-error',
      detail:
        'packets were lost; 2 pictures that came after it could not be decoded, the next key frame came 12.0 s later',
    });
    expect(gate.takeHole()).toBeUndefined();
  });

  it('has nothing to do with the next session', () => {
    const gate = new DecodableGate();
    gate.lets(unit(4, { isAfterLoss: true }));
    gate.reset();
    expect(gate.lets(unit(5))).toBe(true);
    expect(gate.undecodable).toBe(1);
  });
});
