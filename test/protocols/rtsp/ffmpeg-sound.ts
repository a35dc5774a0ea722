import { execFile, execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../../../scripts/lib/wait-for.ts';

/** Sound as ffmpeg's RTP muxer sends it: written by people who have nothing to do with this project. */
export interface SentSound {
  readonly sdp: string;
  readonly packets: readonly Buffer[];
}

const run = promisify(execFile);

export const missingFfmpeg = (() => {
  try {
    return !execFileSync('ffmpeg', ['-v', 'quiet', '-encoders'], { encoding: 'utf8' }).includes('libopus');
  } catch {
    return true;
  }
})();

/** A second of a tone and some noise, left and right apart. */
function source(rate: number, channels: number): string[] {
  const noisy = (hz: number) => `0.4*sin(2*PI*${hz}*t)+0.1*(random(0)-0.5)`;
  const tones = [noisy(440), noisy(1_234)].slice(0, channels).join('|');
  return ['-f', 'lavfi', '-i', `aevalsrc=${tones}:s=${rate}:d=1`, '-ac', String(channels), '-ar', String(rate)];
}

export interface FfmpegSound {
  readonly rate: number;
  readonly channels: number;
  /** Options of the encoder. */
  readonly encoder: readonly string[];
  /** Flags of the muxer. */
  readonly flags?: string;
  readonly maxPacketBytes?: number;
}

/** The sound over the loopback, as RTP. `folder` is for the description. */
export async function sendByFfmpeg(folder: string, sound: FfmpegSound): Promise<SentSound> {
  const packets: Buffer[] = [];
  const socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.on('message', (packet) => packets.push(packet));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    const { port } = socket.address() as AddressInfo;
    const sdpFile = join(folder, `${port}.sdp`);
    const flags = ['send_bye', ...(sound.flags === undefined ? [] : [sound.flags])].join('+');
    // RTCP comes to the same port, and with it the farewell, behind which nothing follows.
    const url = `rtp://127.0.0.1:${port}?rtcpport=${port}&pkt_size=${sound.maxPacketBytes ?? 1200}`;
    const output = [...sound.encoder, '-f', 'rtp', '-rtpflags', flags, '-sdp_file', sdpFile, url];
    await run('ffmpeg', ['-v', 'error', ...source(sound.rate, sound.channels), ...output]);
    await waitFor('the farewell of ffmpeg', 5_000, () => packets.some(isFarewell), 10);
    return { sdp: await readFile(sdpFile, 'utf8'), packets: packets.filter((packet) => !isRtcp(packet)) };
  } finally {
    socket.close();
  }
}

/** The same sound, its packets one behind the other without anything between them. */
export async function encodeByFfmpeg(sound: FfmpegSound, format = 'data'): Promise<Buffer> {
  const args = [
    '-v',
    'error',
    ...source(sound.rate, sound.channels),
    ...sound.encoder,
    '-map',
    '0:a',
    '-f',
    format,
    '-',
  ];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** Samples of 16 bits, big-endian, out of codes whose first one is in the most significant bits. */
export async function decodeByFfmpeg(codes: Buffer, bits: number): Promise<Buffer> {
  const child = run(
    'ffmpeg',
    ['-v', 'error', '-f', 'g726', '-code_size', String(bits), '-i', '-', '-f', 's16be', '-'],
    {
      encoding: 'buffer',
    },
  );
  child.child.stdin?.end(codes);
  return (await child).stdout;
}

/** RFC 3550 §12.1: sender reports and all that comes with them. */
function isRtcp(packet: Buffer): boolean {
  return packet[1]! >= 200 && packet[1]! <= 204;
}

function isFarewell(packet: Buffer): boolean {
  const BYE = 203;
  return isRtcp(packet) && (packet[1] === BYE || packet.includes(Buffer.from([0x81, BYE])));
}
