import type { FileHandle } from 'node:fs/promises';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { AppError } from '../../../src/base/errors.ts';
import { type Box, childBoxes, findBox, listTopLevelBoxes, loadBox } from './boxes.ts';
import { readFragment, readFragmentDefaults } from './fragments.ts';
import { readSampleTable, type Sample } from './sample-table.ts';
import { readTrackFormat, type TrackFormat } from './track-format.ts';

export interface Track {
  readonly id: number;
  readonly format: TrackFormat;
  /** Ticks per second. */
  readonly timescale: number;
  /** In decoding order. */
  readonly samples: readonly Sample[];
}

/**
 * Tracks of a plain, fragmented or hybrid MP4 file, finished or still being written. The last sample table in the file wins over
 * fragments: a hybrid file whose table is appended but whose fragments are not yet covered by one `mdat` has both.
 */
export async function readTracks(file: FileHandle, name: string): Promise<Track[]> {
  const fileBytes = (await file.stat()).size;
  const places = await listTopLevelBoxes(file, fileBytes);
  const moovs: Box[] = [];
  for (const place of places) if (place.type === 'moov') moovs.push(await loadBox(file, place));
  const first = moovs[0];
  if (!first) throw new AppError('corrupt', `${name}: no index (moov) in ${fileBytes} bytes; is it an MP4 file?`);

  for (const moov of moovs.toReversed()) {
    const tracks = readMoov(moov.body);
    if (tracks.some((track) => track.samples.length > 0)) return tracks;
  }

  const tracks = readMoov(first.body);
  const defaults = readFragmentDefaults(first.body);
  for (const place of places) {
    if (place.type !== 'moof') continue;
    for (const run of readFragment(await loadBox(file, place), defaults)) {
      const track = tracks.find((candidate) => candidate.id === run.track);
      // The last fragment of a file that is still written may have its header and not yet all of its data.
      track?.samples.push(...run.samples.filter((sample) => sample.offset + sample.sizeBytes <= fileBytes));
    }
  }
  return tracks;
}

function readMoov(moov: Buffer): (Track & { samples: Sample[] })[] {
  const tracks: (Track & { samples: Sample[] })[] = [];
  for (const trak of childBoxes(moov)) {
    if (trak.type !== 'trak') continue;
    const tkhd = findBox(trak.body, 'tkhd');
    const mdhd = findBox(trak.body, 'mdia/mdhd');
    const stbl = findBox(trak.body, 'mdia/minf/stbl');
    const stsd = stbl && findBox(stbl.body, 'stsd');
    const format = stsd && readTrackFormat(stsd);
    if (!tkhd || !mdhd || !stbl || !format) continue;
    const isPcm = format.kind === 'audio' && format.codec !== 'aac' && format.codec !== 'opus';
    tracks.push({
      id: idAfterTimes(tkhd),
      format,
      timescale: idAfterTimes(mdhd),
      samples: readSampleTable(stbl.body, isPcm),
    });
  }
  return tracks;
}

/** In `tkhd` the track's number, in `mdhd` the timescale: both stand behind two times of 4 or 8 bytes. */
function idAfterTimes(box: Box): number {
  const reader = new ByteReader(box.body, box.type);
  const version = reader.u8();
  reader.skip(3 + (version === 1 ? 16 : 8));
  return reader.u32();
}
