/** `AB:CD:…`, as cameras and browsers print it. */
export function formatFingerprint(hex: string): string {
  return pairsOf(hex).join(':');
}

export function pairsOf(hex: string): string[] {
  return hex.toUpperCase().match(/../g) ?? [];
}
