import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Probe {
  streams?: { codec_type: string; nb_read_packets?: string; duration?: string }[];
}

/** Frames and seconds of sound in a file, as ffprobe counts them. */
export async function countStored(path: string): Promise<{ frames: number; audioSeconds: number }> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_packets', '-of', 'json'],
    ...['-show_entries', 'stream=codec_type,nb_read_packets,duration', path],
  ]);
  const { streams = [] } = JSON.parse(stdout) as Probe;
  const find = (type: string) => streams.find((stream) => stream.codec_type === type);
  return { frames: Number(find('video')?.nb_read_packets ?? 0), audioSeconds: Number(find('audio')?.duration ?? 0) };
}
