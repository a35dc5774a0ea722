import type { VideoRemark } from '../../media/video/video-remark.ts';

/** Told to the installer in words of its own, wherever it stands in a message. */
export const DECODING_ORDER_NUMBERS = 'H.265 with decoding order numbers';

/** For the log; `isFatal` where nothing of the stream can be recorded. */
export function videoRemarkWords(remark: VideoRemark): { text: string; isFatal: boolean } {
  switch (remark) {
    case 'decoding-order-numbers':
      return {
        text: `${DECODING_ORDER_NUMBERS}, which its description does not say, and which is not supported`,
        isFatal: true,
      };
    case 'interleaved':
      return { text: 'H.264 in interleaved order: pictures out of order are dropped', isFatal: false };
    case 'no-key-frames':
      return { text: 'no key frames: recording begins where the picture is coded anew by other means', isFatal: false };
    case 'marker-within-pictures':
      return { text: 'the RTP marker does not end pictures: each waits for the next', isFatal: false };
    case 'unreadable-parameter-sets':
      return { text: 'parameter sets that cannot be read: recorded without the size of the picture', isFatal: false };
  }
}
