import type { LiveUnit } from '../link/messages.ts';
import type { VideoFormat } from '../media/access-unit.ts';
import type { LiveFormatMessage } from './live-muxer.ts';

/**
 * Motion JPEG, which no browser plays in MP4: the page draws the pictures, so each goes as the JPEG file that it is, and sound, which has
 * no player there to keep time with, does not go at all.
 */
export function jpegFormatMessage(video: VideoFormat): LiveFormatMessage {
  return {
    kind: 'format',
    media: 'jpeg',
    mime: 'image/jpeg',
    width: video.width,
    height: video.height,
    codec: video.codecString,
    hasSound: false,
  };
}

/** The file in a unit of such a channel; undefined for its sound. */
export function jpegOf(unit: LiveUnit): Buffer | undefined {
  return unit.kind === 'video' ? unit.data : undefined;
}
