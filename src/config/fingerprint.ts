/** SHA-256 of a certificate as people copy it: with colons or blanks, in capitals or not. */
export const FINGERPRINT_PATTERN = '^([0-9A-Fa-f]{2}[: ]?){31}[0-9A-Fa-f]{2}$';

/** As settings, plan and messages hold it: 64 lower-case hexadecimal digits. */
export function plainFingerprint(text: string): string {
  return text.replaceAll(/[: ]/g, '').toLowerCase();
}
