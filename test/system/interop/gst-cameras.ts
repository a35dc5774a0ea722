import type { Transport } from '../../../src/link/plan.ts';

/** One camera of GStreamer's server: what it sends, and how it is to be taken in. */
export interface GstCamera {
  readonly name: string;
  readonly video: 'h264' | 'h265' | 'mjpeg';
  readonly audio: 'aac' | 'latm' | 'pcmu' | 'pcma' | 'opus' | 'l16' | undefined;
  readonly transport: Transport;
}

export const FRAMES_PER_SECOND = 25;

const ENCODERS = {
  // Several slices a picture, as this tuning makes them: a marker stands only on the last.
  h264: 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 bitrate=800 ! rtph264pay name=pay0 pt=96',
  h265: 'x265enc tune=zerolatency speed-preset=ultrafast key-int-max=50 bitrate=600 ! rtph265pay name=pay0 pt=96',
  mjpeg: 'jpegenc ! rtpjpegpay name=pay0 pt=26',
};

const SOUND = {
  aac: 'audio/x-raw,rate=48000,channels=1 ! voaacenc ! rtpmp4gpay name=pay1 pt=97',
  latm: 'audio/x-raw,rate=48000,channels=1 ! voaacenc ! rtpmp4apay name=pay1 pt=97',
  pcmu: 'audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1',
  pcma: 'audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1',
  opus: 'audio/x-raw,rate=48000,channels=1 ! opusenc ! rtpopuspay name=pay1 pt=97',
  l16: 'audio/x-raw,format=S16BE,rate=16000,channels=1 ! rtpL16pay name=pay1 pt=97',
};

/** A source that sends so many pictures, in real time, and then ends. */
export function pipelineOf({ video, audio }: GstCamera, seconds: number): string {
  const size = `video/x-raw,format=I420,width=640,height=360,framerate=${FRAMES_PER_SECOND}/1`;
  const picture = `videotestsrc is-live=true pattern=ball num-buffers=${seconds * FRAMES_PER_SECOND} ! ${size} ! ${ENCODERS[video]}`;
  if (audio === undefined) return picture;
  // Fifty buffers a second, of what the caps behind say.
  const rate = Number(/rate=(\d+)/.exec(SOUND[audio])![1]);
  const source = `audiotestsrc is-live=true samplesperbuffer=${rate / 50} num-buffers=${seconds * 50}`;
  return `${picture} ${source} ! ${SOUND[audio]}`;
}
