import type { VideoFormat } from '../access-unit.ts';
import { box, u16, u32 } from './box.ts';
import { avcConfiguration, hevcConfiguration } from './codec-configuration.ts';
import { elementaryStream, VISUAL_STREAM } from './elementary-stream.ts';
import { SAMPLE_ENTRY_HEAD } from './sample-entry.ts';

/** `avc1` with `avcC`, `hvc1` with `hvcC`, or `mp4v` with `esds` for MJPEG. */
export function videoSampleEntry(format: VideoFormat): Buffer {
  const [type, config] = videoConfig(format);
  return box(
    type,
    SAMPLE_ENTRY_HEAD,
    Buffer.alloc(16),
    u16(format.width, format.height),
    u32(0x00480000, 0x00480000, 0), // 72 dpi
    u16(1), // one frame a sample
    Buffer.alloc(32), // no compressor name
    u16(0x0018, 0xffff), // 24 bits of depth, no colour table
    config,
  );
}

function videoConfig(format: VideoFormat): readonly [string, Buffer] {
  switch (format.codec) {
    case 'h264':
      return ['avc1', avcConfiguration(format)];
    case 'h265':
      return ['hvc1', hevcConfiguration(format)];
    case 'mjpeg':
      return ['mp4v', elementaryStream({ objectType: OBJECT_TYPE_JPEG, streamType: VISUAL_STREAM })];
  }
}

/** ISO/IEC 10918-1 in the registry of MPEG-4 object types. */
const OBJECT_TYPE_JPEG = 0x6c;
