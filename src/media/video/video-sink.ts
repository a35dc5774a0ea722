import type { AccessUnit, VideoFormat } from '../access-unit.ts';
import type { VideoRemark } from './video-remark.ts';

/** Where the pictures of one stream go. */
export interface VideoSink {
  /** Before the first unit, and before each unit that needs another format than the one before. */
  onVideoFormat(format: VideoFormat): void;
  onVideoUnit(unit: AccessUnit): void;
  /** The same may be told several times. */
  onVideoRemark?(remark: VideoRemark): void;
}
