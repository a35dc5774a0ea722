import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../../../src/base/errors.ts';
import { formatBytes, MIB } from '../../../src/base/units.ts';

/**
 * The simulator's own reading of MP4, kept apart from the product's on purpose: what checks the recorder's files must not share
 * its misunderstandings. It reads what cameras' clips and recorded segments contain, and nothing else.
 */
export interface Box {
  readonly type: string;
  /** Of the box's first header byte, from the start of the file (top level) or of the parent's body. */
  readonly offset: number;
  readonly body: Buffer;
}

export interface BoxPlace {
  readonly type: string;
  readonly offset: number;
  readonly headerBytes: number;
  readonly sizeBytes: number;
}

/** Longer than the index of a day at 60 frames a second; what claims to be larger is not an MP4 file. */
const MAX_LOADED_BOX_BYTES = 256 * MIB;

/** Top-level boxes of a file, in order. Ends quietly at a box that is cut short: a recording that is still open ends so. */
export async function listTopLevelBoxes(file: FileHandle, fileBytes: number): Promise<BoxPlace[]> {
  const places: BoxPlace[] = [];
  const header = Buffer.alloc(16);
  let offset = 0;
  while (offset + 8 <= fileBytes) {
    const { bytesRead } = await file.read(header, 0, 16, offset);
    if (bytesRead < 8) break;
    const place = placeOf(header.subarray(0, bytesRead), offset, fileBytes);
    if (!place) break;
    places.push(place);
    offset += place.sizeBytes;
  }
  return places;
}

/** Loads one box whose size is plausible. */
export async function loadBox(file: FileHandle, place: BoxPlace): Promise<Box> {
  if (place.sizeBytes > MAX_LOADED_BOX_BYTES) {
    throw new AppError('corrupt', `box ${place.type} at ${place.offset} claims ${formatBytes(place.sizeBytes)}`);
  }
  const body = Buffer.alloc(place.sizeBytes - place.headerBytes);
  const { bytesRead } = await file.read(body, 0, body.length, place.offset + place.headerBytes);
  if (bytesRead < body.length) {
    throw new AppError('corrupt', `box ${place.type} at ${place.offset} is cut after ${bytesRead} bytes`);
  }
  return { type: place.type, offset: place.offset, body };
}

/** Boxes inside a body, from `start` (which skips a full box's version or a sample entry's fields). */
export function childBoxes(body: Buffer, start = 0): Box[] {
  const boxes: Box[] = [];
  let offset = start;
  while (offset + 8 <= body.length) {
    const place = placeOf(body.subarray(offset, offset + 16), offset, body.length);
    if (!place) break;
    boxes.push({
      type: place.type,
      offset,
      body: body.subarray(offset + place.headerBytes, offset + place.sizeBytes),
    });
    offset += place.sizeBytes;
  }
  return boxes;
}

/** The first box along a path such as `mdia/minf/stbl`. */
export function findBox(body: Buffer, path: string): Box | undefined {
  let found: Box | undefined;
  let inside = body;
  for (const type of path.split('/')) {
    found = childBoxes(inside).find((box) => box.type === type);
    if (!found) return undefined;
    inside = found.body;
  }
  return found;
}

function placeOf(header: Buffer, offset: number, limit: number): BoxPlace | undefined {
  const type = header.toString('latin1', 4, 8);
  let sizeBytes = header.readUInt32BE(0);
  let headerBytes = 8;
  if (sizeBytes === 1) {
    if (header.length < 16) return undefined;
    sizeBytes = Number(header.readBigUInt64BE(8));
    headerBytes = 16;
  } else if (sizeBytes === 0) {
    sizeBytes = limit - offset;
  }
  if (sizeBytes < headerBytes || offset + sizeBytes > limit) return undefined;
  return { type, offset, headerBytes, sizeBytes };
}
