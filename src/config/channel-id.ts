import { randomBytes } from 'node:crypto';

/** Longest readable part of an id; it is the name of a folder on each drive. */
const MAX_SLUG_CHARS = 40;

/** `7f3a91c2-loading-dock`: random, so that it stays unique over units, and readable for whoever opens the drive on a laptop. */
export function newChannelId(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_CHARS)
    .replaceAll(/^-+|-+$/g, '');
  const prefix = randomBytes(4).toString('hex');
  return slug === '' ? prefix : `${prefix}-${slug}`;
}
