/** How a client would like to get a track (RFC 2326, 12.39). */
export type TransportOffer =
  | { readonly kind: 'interleaved'; readonly channel: number | undefined }
  | { readonly kind: 'udp'; readonly rtpPort: number; readonly rtcpPort: number };

/** What a camera has: most have both; some know UDP alone, and many behind a gateway TCP alone. */
export type OfferedTransport = 'any' | 'tcp' | 'udp';

const MAX_CHANNEL = 254;
const MAX_PORT = 65_535;

/** The offers that can be served, in the client's order; without multicast. */
export function parseTransportOffers(header: string): TransportOffer[] {
  return header
    .split(',')
    .map(parseOffer)
    .filter((offer) => offer !== undefined);
}

function parseOffer(text: string): TransportOffer | undefined {
  const fields = text.split(';').map((field) => field.trim());
  const profile = fields[0]?.toUpperCase();
  if (profile === 'RTP/AVP/TCP') {
    const channel = numbersOf(fields, 'interleaved')?.[0];
    return { kind: 'interleaved', channel: channel !== undefined && channel <= MAX_CHANNEL ? channel : undefined };
  }
  if ((profile !== 'RTP/AVP' && profile !== 'RTP/AVP/UDP') || fields.includes('multicast')) return undefined;
  const [rtpPort, rtcpPort] = numbersOf(fields, 'client_port') ?? [];
  if (rtpPort === undefined || rtpPort < 1 || rtpPort >= MAX_PORT) return undefined;
  return { kind: 'udp', rtpPort, rtcpPort: rtcpPort ?? rtpPort + 1 };
}

/** The first offer that the camera serves, or undefined: status 461. */
export function chooseOffer(offers: readonly TransportOffer[], offered: OfferedTransport): TransportOffer | undefined {
  return offers.find((offer) => {
    if (offered === 'any') return true;
    return offer.kind === (offered === 'tcp' ? 'interleaved' : 'udp');
  });
}

/** `name=a-b` or `name=a`. */
function numbersOf(fields: readonly string[], name: string): number[] | undefined {
  const match = fields
    .map((field) => /^([a-z_]+)=(\d{1,5})(?:-(\d{1,5}))?$/i.exec(field))
    .find((m) => m?.[1]?.toLowerCase() === name);
  return match
    ?.slice(2)
    .filter((text) => text !== undefined)
    .map(Number);
}
