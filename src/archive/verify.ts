import { constants } from 'node:fs';
import { closeFd, openFd, statFd } from '../disk/raw-file.ts';
import { checkFragments } from './fragment-check.ts';
import { chainStart } from './identity.ts';
import { readSegmentFront } from './segment-front.ts';

export interface ChainReport {
  /** All fragments up to the closing index (or, in an open file, up to its end) match their hashes. */
  readonly isIntact: boolean;
  readonly fragmentCount: number;
  /** Where and how it breaks. */
  readonly problem: string | undefined;
  /** What the file says its predecessor's `lastHash` is. */
  readonly predecessorHash: Buffer;
  /** Of the last fragment that matches. */
  readonly lastHash: Buffer;
}

/** Reads the whole file and computes its hash chain anew. */
export async function verifyChain(path: string): Promise<ChainReport> {
  const fd = await openFd(path, constants.O_RDONLY);
  try {
    const front = await readSegmentFront(fd);
    const { size } = await statFd(fd);
    let fragmentCount = 0;
    const end = await checkFragments(
      fd,
      {
        offset: front.firstFragmentOffset,
        limit: front.moovOffset ?? size,
        chainStart: chainStart(front.identityPayload),
      },
      () => fragmentCount++,
    );
    return {
      isIntact: end.problem === undefined,
      fragmentCount,
      problem: end.problem,
      predecessorHash: front.identity.predecessorHash,
      lastHash: end.hash,
    };
  } finally {
    await closeFd(fd);
  }
}
