import type { VideoFormat } from '../access-unit.ts';
import { box, u16, u32 } from './box.ts';
import { avcConfiguration, hevcConfiguration } from './codec-configuration.ts';
import { SAMPLE_ENTRY_HEAD } from './sample-entry.ts';

/** `avc1` with `avcC`, or `hvc1` with `hvcC`. */
export function videoSampleEntry(format: VideoFormat): Buffer {
  const [type, config] =
    format.codec === 'h264'
      ? (['avc1', avcConfiguration(format)] as const)
      : (['hvc1', hevcConfiguration(format)] as const);
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
