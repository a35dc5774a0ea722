import { isAppError, messageOf } from '../base/errors.ts';
import { readFully } from '../disk/raw-file.ts';
import { fragmentHash } from '../media/fmp4/fragment-hash.ts';
import { TAIL_BYTES } from '../media/fmp4/fragment-layout.ts';
import {
  FRAGMENT_PROBE_BYTES,
  type FragmentHead,
  fragmentHeadBytes,
  parseFragmentHead,
  parseFragmentTail,
} from '../media/fmp4/fragment-parse.ts';

/** Large enough for a disk to read at full speed, small beside the memory of 64 repairs in a row. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export interface CheckedEnd {
  /** Behind the last fragment that is whole and true. */
  readonly endOffset: number;
  /** Of that fragment, or the start of the chain. */
  readonly hash: Buffer;
  /** Why it ended before `limit`; undefined when it did not. */
  readonly problem: string | undefined;
}

/**
 * Reads all fragments in full, from `offset` to `limit`, and checks the hash of each. After a power cut a fragment may have an intact
 * head and zeros for samples: only its hash tells.
 */
export async function checkFragments(
  fd: number,
  range: { offset: number; limit: number; chainStart: Buffer },
  onFragment: (offset: number, head: FragmentHead) => void,
): Promise<CheckedEnd> {
  const window = new Window(fd);
  let at = range.offset;
  let hash = range.chainStart;
  while (at < range.limit) {
    const checked = await checkOne(window, at, range.limit, hash);
    if ('problem' in checked) return { endOffset: at, hash, problem: checked.problem };
    onFragment(at, checked.head);
    at += checked.head.sizeBytes;
    hash = checked.hash;
  }
  return { endOffset: at, hash, problem: undefined };
}

async function checkOne(
  window: Window,
  at: number,
  limit: number,
  previousHash: Buffer,
): Promise<{ head: FragmentHead; hash: Buffer } | { problem: string }> {
  const where = `at offset ${at}`;
  try {
    const headBytes = fragmentHeadBytes(await window.read(at, Math.min(FRAGMENT_PROBE_BYTES, limit - at)));
    if (headBytes === undefined) return { problem: `no fragment ${where}` };
    if (at + headBytes > limit) return { problem: `fragment ${where} is cut within its head` };
    // A copy: the head is kept, the window is not.
    const head = parseFragmentHead(Buffer.from(await window.read(at, headBytes)));
    if (at + head.sizeBytes > limit) return { problem: `fragment ${where} is cut` };
    const bytes = await window.read(at, head.sizeBytes);
    if (bytes.length < head.sizeBytes) return { problem: `fragment ${where} is cut` };
    const stored = parseFragmentTail(bytes.subarray(bytes.length - TAIL_BYTES));
    const samples = bytes.subarray(head.headBytes, bytes.length - TAIL_BYTES);
    const hash = fragmentHash(previousHash, head, head.video?.records, head.audio?.records, [samples]);
    if (stored === undefined || !stored.equals(hash)) return { problem: `fragment ${where} does not match its hash` };
    return { head, hash };
  } catch (error) {
    if (isAppError(error, 'corrupt')) return { problem: `${where}: ${messageOf(error)}` };
    throw error;
  }
}

/** Reads forward in large pieces. */
class Window {
  readonly #fd: number;
  #bytes = Buffer.alloc(0);
  #start = 0;
  #memory = Buffer.alloc(0);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** A view that is valid until the next call; shorter only at the end of the file. */
  async read(offset: number, length: number): Promise<Buffer> {
    const end = this.#start + this.#bytes.length;
    if (offset < this.#start || offset + length > end) {
      const wanted = Math.max(length, WINDOW_BYTES);
      if (this.#memory.length < wanted) this.#memory = Buffer.allocUnsafeSlow(wanted);
      const read = await readFully(this.#fd, this.#memory.subarray(0, wanted), offset);
      this.#bytes = this.#memory.subarray(0, read);
      this.#start = offset;
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
