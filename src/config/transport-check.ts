import { isEncryptedAddress } from './camera-address.ts';
import type { ChannelSettings } from './settings.ts';

/** What is wrong with a transport for its address, or undefined. Encrypted UDP (SRTP) is another protocol, which cameras hardly offer. */
export function transportProblem(channel: Pick<ChannelSettings, 'url' | 'transport'>): string | undefined {
  if (channel.transport !== 'udp' || !isEncryptedAddress(channel.url)) return undefined;
  return '"udp" is not allowed for an rtsps address, whose media comes in the encrypted connection; expected auto, tcp or http';
}
