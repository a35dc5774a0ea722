import { describe, expect, it } from 'vitest';
import type { AccessUnit } from '../../../src/media/access-unit.ts';
import type { SenderReportHint } from '../../../src/protocols/rtsp/media-lane.ts';
import { MediaReceiver } from '../../../src/protocols/rtsp/media-receiver.ts';
import type { Track } from '../../../src/protocols/rtsp/tracks.ts';
import { goodbye, senderReport, sourceDescription } from '../../media/rtp/rtcp-packets.ts';
import { rtpPacket } from '../../media/rtp/rtp-packets.ts';
import { IDR, PPS, SPS } from './scripted-camera.ts';

const VIDEO: Track = { kind: 'video', codec: 'h264', parameterSets: [SPS, PPS], payloadType: 96, control: undefined };
const SOUND: Track = { kind: 'g711', law: 'pcmu', clockRate: 8000, channels: 1, payloadType: 0, control: undefined };
const [VIDEO_SSRC, SOUND_SSRC] = [0x1111, 0x2222];
const NTP_UTC_MS = Date.UTC(2023, 10, 16, 2, 42, 8, 500);

class Receiver {
  readonly hints: SenderReportHint[] = [];
  readonly units: AccessUnit[] = [];
  readonly media = new MediaReceiver({
    onFormat: () => undefined,
    onUnit: (unit) => this.units.push(unit),
    onSenderReport: (hint) => this.hints.push(hint),
  });
  #atMs = 1000;

  take(channel: number, bytes: Buffer): void {
    this.media.receive(channel, bytes, 0, bytes.length, this.#atMs++);
  }

  picture(channel: number, sequence: number, timestamp: number, ssrc = VIDEO_SSRC): void {
    this.take(channel, rtpPacket({ sequence, timestamp, ssrc, marker: true, payload: IDR.subarray(0, 1000) }));
  }

  sound(channel: number, sequence: number, timestamp: number, ssrc = SOUND_SSRC): void {
    this.take(channel, rtpPacket({ payloadType: 0, sequence, timestamp, ssrc, payload: Buffer.from('ulaw') }));
  }
}

describe('sender reports', () => {
  it('become hints on the scale of the units, also over a wrap of the timestamps', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.picture(0, 1, 0xfffffff0);
    receiver.picture(0, 2, 3600);
    receiver.take(1, senderReport({ ssrc: VIDEO_SSRC, timestamp: 3000 }));
    receiver.take(1, senderReport({ ssrc: VIDEO_SSRC, timestamp: 0xfffffff8 }));
    expect(receiver.units.map((unit) => unit.rtpTime)).toEqual([0xfffffff0, 2 ** 32 + 3600]);
    expect(receiver.hints).toEqual([
      { kind: 'video', ntpUtcMs: NTP_UTC_MS, rtpTime: 2 ** 32 + 3000, arrivalMonotonicMs: 1002 },
      { kind: 'video', ntpUtcMs: NTP_UTC_MS, rtpTime: 0xfffffff8, arrivalMonotonicMs: 1003 },
    ]);
  });

  it('do not move the clock that they speak of', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.picture(0, 1, 100);
    receiver.take(1, senderReport({ ssrc: VIDEO_SSRC, timestamp: 0x7fffff00 }));
    receiver.picture(0, 2, 0x90000000);
    expect(receiver.units.map((unit) => unit.rtpTime)).toEqual([100, 0x90000000 - 2 ** 32]);
  });

  it('of picture and sound are told apart', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.media.addTrack(SOUND, 2, undefined);
    receiver.sound(2, 1, 50);
    receiver.picture(0, 1, 100);
    receiver.take(3, senderReport({ ssrc: SOUND_SSRC, timestamp: 60 }));
    receiver.take(1, senderReport({ ssrc: VIDEO_SSRC, timestamp: 110 }));
    expect(receiver.hints).toMatchObject([
      { kind: 'audio', rtpTime: 60 },
      { kind: 'video', rtpTime: 110 },
    ]);
  });

  it('of two tracks with one SSRC are told apart by their channel', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.media.addTrack(SOUND, 2, undefined);
    receiver.sound(2, 1, 50, 9);
    receiver.picture(0, 1, 100, 9);
    receiver.take(3, senderReport({ ssrc: 9, timestamp: 60 }));
    expect(receiver.hints).toMatchObject([{ kind: 'audio', rtpTime: 60 }]);
  });

  it('come in the channel of the media, too', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 4, undefined, { rtcpChannel: 4 });
    receiver.picture(4, 1, 100);
    receiver.take(4, senderReport({ ssrc: VIDEO_SSRC, timestamp: 110 }));
    expect(receiver.hints).toHaveLength(1);
    expect(receiver.units).toHaveLength(1);
  });

  const ignored: [string, (receiver: Receiver) => void][] = [
    ['of a sender that nobody knows (Tapo)', (r) => r.take(1, senderReport({ ssrc: 0 }))],
    ['of the other track', (r) => r.take(1, senderReport({ ssrc: SOUND_SSRC }))],
    ['in a channel that was never set up', (r) => r.take(9, senderReport({ ssrc: VIDEO_SSRC }))],
    [
      'of a camera without a wall clock',
      (r) => r.take(1, senderReport({ ssrc: VIDEO_SSRC, ntpSeconds: 0, ntpFraction: 0 })),
    ],
    ['that are cut off', (r) => r.take(1, senderReport({ ssrc: VIDEO_SSRC }).subarray(0, 16))],
    ['of one byte', (r) => r.take(1, Buffer.from([0x80]))],
  ];
  it.each(ignored)('%s are ignored', (_, act) => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.media.addTrack(SOUND, 2, undefined);
    receiver.sound(2, 1, 50);
    receiver.picture(0, 1, 100);
    act(receiver);
    expect(receiver.hints).toEqual([]);
  });

  it('before the first packet are ignored: nobody knows yet who sends', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, VIDEO_SSRC);
    receiver.take(1, senderReport({ ssrc: VIDEO_SSRC }));
    expect(receiver.hints).toEqual([]);
  });

  it('behind a description without an end mark are read', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.picture(0, 1, 100);
    receiver.take(
      1,
      Buffer.concat([sourceDescription(VIDEO_SSRC, 'camera', false), senderReport({ ssrc: VIDEO_SSRC })]),
    );
    expect(receiver.hints).toHaveLength(1);
  });
});

describe('a goodbye', () => {
  it('of our sender is noted', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.picture(0, 1, 100);
    receiver.take(1, goodbye(VIDEO_SSRC));
    expect(receiver.media.goodbyeMs).toBe(1001);
  });

  it('of another one is not', () => {
    const receiver = new Receiver();
    receiver.media.addTrack(VIDEO, 0, undefined);
    receiver.picture(0, 1, 100);
    receiver.take(1, goodbye(77));
    expect(receiver.media.goodbyeMs).toBeUndefined();
  });
});
