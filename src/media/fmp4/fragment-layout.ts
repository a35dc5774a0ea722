import { BOX_HEADER_BYTES } from './box.ts';

/*
 * A fragment in a file, written with one `writev`: [head, samples …, tail].
 *
 *   head   prft                       wall time of the first sample
 *          moof ─ mfhd                sequence number
 *               ├ traf (video)  tfhd, tfdt, trun
 *               └ traf (sound)  tfhd, tfdt, trun
 *          mdat header
 *          … the samples: all of video, then all of sound
 *   tail   uuid 'holdfastfragment'    SHA-256, chained to the fragment before
 */

export const VIDEO_TRACK_ID = 1;
export const AUDIO_TRACK_ID = 2;

/** Ticks per second of every video track; sound uses its own sample rate. */
export const VIDEO_TIMESCALE = 90_000;

export const HASH_BYTES = 32;
export const FRAGMENT_UUID = 'holdfastfragment';

/** Half a second at 500 Mbps is 31 MB: whatever is larger was not made by a camera, and readers must bound their buffers. */
export const MAX_FRAGMENT_BYTES = 64 * 1024 * 1024;

/** 16 bytes a sample, the same in `trun`, in the hash and in memory: duration, size, flags, composition offset. */
export const SAMPLE_RECORD_BYTES = 16;
/** `sample_depends_on` 2: depends on no other sample. */
export const KEY_SAMPLE_FLAGS = 0x02000000;
/** `sample_depends_on` 1 and `sample_is_non_sync_sample`. */
export const DELTA_SAMPLE_FLAGS = 0x01010000;

/** Version 0 and the 24 bits of flags, then the hash. */
export const TAIL_BYTES = BOX_HEADER_BYTES + 16 + 4 + HASH_BYTES;
export const PRFT_BYTES = 32;
export const MFHD_BYTES = 16;
export const TFHD_BYTES = 16;
export const TFDT_BYTES = 20;
/** Before its sample records. */
export const TRUN_HEAD_BYTES = 20;
export const TFHD_DEFAULT_BASE_IS_MOOF = 0x020000;
/** Data offset, and per sample duration, size, flags and composition offset. */
export const TRUN_FLAGS = 0x000f01;

/** NTP counts from 1900. */
export const NTP_EPOCH_OFFSET_S = 2_208_988_800;
