import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, VIDEO_SLAB_BYTES } from '../../src/media/arena.ts';

describe('arena', () => {
  it('gives each unit back as it was put in, whatever the sizes, and never touches it again', () => {
    const piece = fc.uint8Array({ maxLength: 40 });
    const unit = fc.array(piece, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 20 }), (units) => {
        const arena = new Arena(64);
        const taken = units.map((pieces) => {
          for (const bytes of pieces) expect(arena.append(Buffer.from(bytes), 0, bytes.length)).toBe(true);
          return arena.take().data;
        });
        taken.forEach((view, i) => {
          expect(view.toString('hex')).toBe(Buffer.concat(units[i]!).toString('hex'));
        });
      }),
    );
  });

  it('keeps offsets when a unit moves to the next slab', () => {
    const arena = new Arena(16);
    arena.append(Buffer.alloc(10, 1), 0, 10);
    arena.take();
    arena.appendU32(0);
    arena.append(Buffer.alloc(20, 2), 0, 20);
    arena.patchU32(0, 20);
    expect(arena.take().data).toEqual(Buffer.concat([Buffer.from([0, 0, 0, 20]), Buffer.alloc(20, 2)]));
  });

  it('says no to what exceeds the maximum of a unit, and keeps what was there', () => {
    const arena = new Arena(16, 20);
    expect(arena.append(Buffer.alloc(15), 0, 15)).toBe(true);
    expect(arena.append(Buffer.alloc(6), 0, 6)).toBe(false);
    expect(arena.length).toBe(15);
    expect(arena.append(Buffer.alloc(5), 0, 5)).toBe(true);
  });

  it('inserts in the middle and forgets the end', () => {
    const arena = new Arena(8);
    arena.append(Buffer.from('abef'), 0, 4);
    arena.insert(2, Buffer.from('cdcdcd'));
    arena.truncate(9);
    expect(arena.peek(1).toString()).toBe('bcdcdcde');
    expect(arena.take().data.toString()).toBe('abcdcdcde');
  });

  describe('slabs', () => {
    const unitOf = (arena: Arena, value: number) => {
      arena.append(Buffer.alloc(VIDEO_SLAB_BYTES / 2, value), 0, VIDEO_SLAB_BYTES / 2);
      return arena.take();
    };

    it('are used again when each of their units was released, and not before', () => {
      const arena = new Arena(VIDEO_SLAB_BYTES);
      const [a, b, c] = [unitOf(arena, 1), unitOf(arena, 2), unitOf(arena, 3)];
      a.slab.release();
      expect(new Arena(VIDEO_SLAB_BYTES)).toBeDefined();
      expect(unitOf(new Arena(VIDEO_SLAB_BYTES), 9).data.buffer).not.toBe(a.data.buffer);
      b.slab.release();
      expect(unitOf(new Arena(VIDEO_SLAB_BYTES), 9).data.buffer).toBe(a.data.buffer);
      expect(c.data.equals(Buffer.alloc(VIDEO_SLAB_BYTES / 2, 3))).toBe(true);
    });

    it('are never used again when somebody keeps a unit', () => {
      const arena = new Arena(VIDEO_SLAB_BYTES);
      const [a, b] = [unitOf(arena, 1), unitOf(arena, 2)];
      unitOf(arena, 3);
      a.slab.keep();
      a.slab.release();
      b.slab.release();
      expect(unitOf(new Arena(VIDEO_SLAB_BYTES), 9).data.buffer).not.toBe(a.data.buffer);
      expect(a.data.equals(Buffer.alloc(VIDEO_SLAB_BYTES / 2, 1))).toBe(true);
    });
  });
});
