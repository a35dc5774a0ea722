import type { ClipSound } from '../clip-sound.ts';
import { streamMuxConfig } from '../rtp/sound-payload.ts';

/** What stands in `a=rtpmap`, and in `a=fmtp` where there is something to say. */
export function describeSound(sound: ClipSound): { encoding: string; parameters: string | undefined } {
  const { codec, clockRate, channels, config } = sound;
  const plain = (name: string) => ({
    encoding: `${name}/${clockRate}${channels > 1 ? `/${channels}` : ''}`,
    parameters: undefined,
  });
  switch (codec) {
    case 'aac':
    case 'aac-adts':
      return {
        encoding: `MPEG4-GENERIC/${clockRate}/${channels}`,
        parameters:
          'streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;' +
          `config=${config.toString('hex').toUpperCase()}`,
      };
    case 'aac-latm':
      return {
        encoding: `MP4A-LATM/${clockRate}/${channels}`,
        parameters: `profile-level-id=15;object=2;cpresent=0;config=${streamMuxConfig(config).toString('hex')}`,
      };
    case 'opus':
      // Always 48000/2 (RFC 7587, 4.1).
      return { encoding: 'opus/48000/2', parameters: `sprop-stereo=${channels > 1 ? 1 : 0}` };
    default:
      return plain(codec.toUpperCase());
  }
}
