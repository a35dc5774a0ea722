import { isAppError } from '../base/errors.ts';
import { readFully } from '../disk/raw-file.ts';
import { TAIL_BYTES } from '../media/fmp4/fragment-layout.ts';
import {
  type FragmentHead,
  fragmentHeadBytes,
  parseFragmentHead,
  parseFragmentTail,
} from '../media/fmp4/fragment-parse.ts';

/** A head of half a second of video and sound is below 2 kB. */
const HEAD_READ_BYTES = 4096;

export interface WalkedFragment {
  readonly offset: number;
  readonly head: FragmentHead;
}

/**
 * The whole fragments from `offset` on, by their heads and tails alone: one read of a few kB for each. Ends where the next one is not
 * there in full (yet), is no fragment, or is damaged. Does not look at the samples: that is `checkFragments`.
 */
export async function* walkFragments(fd: number, offset: number): AsyncGenerator<WalkedFragment> {
  let at = offset;
  let bytes = await readUpTo(fd, at, HEAD_READ_BYTES);
  for (;;) {
    const head = await tryParseHead(fd, at, bytes);
    if (head === undefined) return;
    const end = at + head.sizeBytes;
    // One read for this fragment's tail and the next one's head.
    const behind = await readUpTo(fd, end - TAIL_BYTES, TAIL_BYTES + HEAD_READ_BYTES);
    if (parseFragmentTail(behind.subarray(0, TAIL_BYTES)) === undefined) return;
    yield { offset: at, head };
    at = end;
    bytes = behind.subarray(TAIL_BYTES);
  }
}

async function tryParseHead(fd: number, offset: number, bytes: Buffer): Promise<FragmentHead | undefined> {
  try {
    const headBytes = fragmentHeadBytes(bytes);
    if (headBytes === undefined) return undefined;
    const head = headBytes <= bytes.length ? bytes.subarray(0, headBytes) : await readUpTo(fd, offset, headBytes);
    return head.length < headBytes ? undefined : parseFragmentHead(head);
  } catch (error) {
    if (isAppError(error, 'corrupt')) return undefined; // repair says what is wrong; a reader only stops here
    throw error;
  }
}

async function readUpTo(fd: number, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, await readFully(fd, bytes, offset));
}
