/**
 * What a camera says about its streams (RFC 4566). Cameras leave out lines, repeat them and invent some, so only the
 * lines that matter are read, each on its own: `m=` begins a media, `a=` belongs to the media before it, or to the session.
 */
export interface SessionDescription {
  /** `a=control` of the session: the URL that PLAY and keep-alives are sent to. */
  readonly control: string | undefined;
  /** `a=tool`, which tells servers with known faults. */
  readonly tool: string | undefined;
  readonly media: readonly MediaDescription[];
}

export interface MediaDescription {
  /** `video`, `audio`, `application` … in lower case. */
  readonly type: string;
  readonly payloadTypes: readonly number[];
  readonly control: string | undefined;
  /** By payload type. */
  readonly rtpmap: ReadonlyMap<number, RtpMap>;
  /** By payload type; parameters by lower-case name. */
  readonly fmtp: ReadonlyMap<number, ReadonlyMap<string, string>>;
  /** `sendonly` marks a back channel in an answer with several media; `sendrecv` when nothing is said. */
  readonly direction: string;
  /** Width and height in pixels, which JPEG over RTP needs beyond 2,040 of them. */
  readonly pictureSize: PictureSize | undefined;
  /** `a=framerate`: pictures a second, by the letter the most of them. A hint. */
  readonly frameRate: number | undefined;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface RtpMap {
  /** In lower case: `h264`, `mpeg4-generic`. */
  readonly encoding: string;
  readonly clockRate: number;
  readonly channels: number;
}

/** A camera has two or three media; some firmwares repeat them for each profile. */
const MAX_MEDIA = 32;

/** Never throws: what cannot be read is left out. */
export function parseSdp(text: string): SessionDescription {
  let control: string | undefined;
  let tool: string | undefined;
  const media: MutableMedia[] = [];
  let current: MutableMedia | undefined;
  for (const rawLine of text.split(/\r\n|\n|\r/)) {
    const line = rawLine.trim();
    if (line.startsWith('m=')) {
      if (media.length === MAX_MEDIA) break;
      current = parseMediaLine(line.slice(2));
      media.push(current);
    } else if (line.startsWith('a=')) {
      const [name, value] = splitOnce(line.slice(2), ':');
      if (current !== undefined) readMediaAttribute(current, name.trim().toLowerCase(), value.trim());
      else if (name === 'control') control ??= value.trim();
      else if (name === 'tool') tool ??= value.trim();
    }
  }
  return { control, tool, media };
}

interface MutableMedia extends MediaDescription {
  control: string | undefined;
  direction: string;
  pictureSize: PictureSize | undefined;
  frameRate: number | undefined;
  rtpmap: Map<number, RtpMap>;
  fmtp: Map<number, ReadonlyMap<string, string>>;
}

function parseMediaLine(text: string): MutableMedia {
  const [type = '', , , ...payloadTypes] = text.trim().split(/\s+/);
  return {
    type: type.toLowerCase(),
    payloadTypes: payloadTypes.filter((word) => /^\d{1,3}$/.test(word)).map(Number),
    control: undefined,
    rtpmap: new Map(),
    fmtp: new Map(),
    direction: 'sendrecv',
    pictureSize: undefined,
    frameRate: undefined,
  };
}

function readMediaAttribute(media: MutableMedia, name: string, value: string): void {
  switch (name) {
    case 'control':
      media.control ??= value;
      break;
    case 'rtpmap':
      readRtpMap(media, value);
      break;
    case 'fmtp':
      readFmtp(media, value);
      break;
    case 'sendonly':
    case 'recvonly':
    case 'sendrecv':
    case 'inactive':
      media.direction = name;
      break;
    case 'x-dimensions':
    case 'framesize':
      media.pictureSize ??= readPictureSize(value);
      break;
    case 'framerate':
      media.frameRate ??= readFrameRate(value);
      break;
    default:
  }
}

/** `x-dimensions:2592,1944` as QuickTime servers and Dahua say it; `framesize:26 2592-1944` (RFC 6064 §6.2.1). */
function readPictureSize(value: string): PictureSize | undefined {
  const match = /^(?:\d{1,3}\s+)?(\d{1,5})\s*[,\-x]\s*(\d{1,5})\s*$/.exec(value);
  if (!match) return undefined;
  const [width, height] = [Number(match[1]), Number(match[2])];
  const isPossible = (side: number) => side > 0 && side <= MAX_PICTURE_SIDE;
  return isPossible(width) && isPossible(height) ? { width, height } : undefined;
}

/** `25`, `29.970000`; a camera that says 0 says nothing. */
function readFrameRate(value: string): number | undefined {
  const rate = /^\d{1,3}(?:\.\d{1,9})?$/.test(value) ? Number(value) : 0;
  return rate > 0 ? rate : undefined;
}

/** 16K: no camera has more, and a JPEG ends at four times as much. */
const MAX_PICTURE_SIDE = 16_384;

/** `96 H264/90000`, `97 MPEG4-GENERIC/16000/2`, with spaces where they should not be. */
function readRtpMap(media: MutableMedia, value: string): void {
  const match = /^(\d{1,3})\s+([^/\s]+)\s*\/\s*(\d{1,7})\s*(?:\/\s*(\d{1,2}))?/.exec(value);
  if (!match) return;
  media.rtpmap.set(Number(match[1]), {
    encoding: match[2]!.toLowerCase(),
    clockRate: Number(match[3]),
    channels: match[4] === undefined ? 1 : Number(match[4]),
  });
}

/** `96 packetization-mode=1;sprop-parameter-sets=…;`, possibly empty. */
function readFmtp(media: MutableMedia, value: string): void {
  const [payloadType, parameters] = splitOnce(value, /\s+/);
  if (!/^\d{1,3}$/.test(payloadType)) return;
  const entries = parameters
    .split(';')
    .map((part) => splitOnce(part.trim(), '='))
    .filter(([name]) => name !== '')
    .map(([name, text]) => [name.trim().toLowerCase(), text.trim()] as const);
  media.fmtp.set(Number(payloadType), new Map(entries));
}

function splitOnce(text: string, separator: string | RegExp): [string, string] {
  const match = typeof separator === 'string' ? text.indexOf(separator) : text.search(separator);
  return match === -1 ? [text, ''] : [text.slice(0, match), text.slice(match + 1)];
}
