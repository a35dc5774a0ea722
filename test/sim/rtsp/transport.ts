/** The first offer for RTP inside the RTSP connection, or undefined when the client wants UDP only (RFC 2326, 12.39). */
export function findInterleaved(header: string): { channel: number | undefined } | undefined {
  for (const offer of header.split(',')) {
    const fields = offer.split(';').map((field) => field.trim());
    if (fields[0]?.toUpperCase() !== 'RTP/AVP/TCP') continue;
    const channels = fields.map((field) => /^interleaved=(\d+)/i.exec(field)).find((match) => match !== null);
    const channel = channels ? Number(channels[1]) : undefined;
    return { channel: channel !== undefined && channel <= 254 ? channel : undefined };
  }
  return undefined;
}
