import { describe, expect, it } from 'vitest';
import { buildPlainFragment } from '../../../../src/media/fmp4/fragment.ts';
import { pictureOf } from '../../../../src/servers/admin/page/live/jpeg-feed.ts';

const JPEG = Buffer.from('ffd8ffe000104a464946ffd9', 'hex');
const sample = (data: Buffer) => ({ data, duration: 3600, compositionOffset: 0, isKey: true });
const run = (data: Buffer) => ({ baseDecodeTime: 0, samples: [sample(data)] });

function fragment(...kinds: ('picture' | 'sound')[]): ArrayBuffer {
  const { buffers } = buildPlainFragment(
    {
      wallUtcMs: 0,
      ...(kinds.includes('picture') && { video: run(JPEG) }),
      ...(kinds.includes('sound') && { audio: run(Buffer.alloc(40, 0x11)) }),
    },
    1,
  );
  return Uint8Array.from(Buffer.concat(buffers)).buffer;
}

describe('the picture in a live fragment of MJPEG', () => {
  it.each([
    ['alone', fragment('picture'), JPEG],
    ['with sound behind it', fragment('picture', 'sound'), Buffer.concat([JPEG, Buffer.alloc(40, 0x11)])],
    ['not in a fragment of sound', fragment('sound'), undefined],
    ['not in nothing', new ArrayBuffer(0), undefined],
    ['not in one that is cut', fragment('picture').slice(0, -4), undefined],
    ['not in bytes that are no boxes', Uint8Array.from(Buffer.alloc(64, 3)).buffer, undefined],
  ])('is found %s', (_, bytes, expected) => {
    const found = pictureOf(bytes);
    expect(found && Buffer.from(found)).toEqual(expected);
  });
});
