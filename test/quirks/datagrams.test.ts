import { describe, expect, it } from 'vitest';
import type { RtspRequest } from '../../src/protocols/rtsp/message.ts';
import { everyCut } from './support/every-cut.ts';
import { DELTA, IDR, PPS, SPS } from './support/nals.ts';
import { Sender } from './support/packets.ts';
import { asDatagrams, BEHIND_A_FIREWALL, type CameraScript, isForDatagrams, setUpAs, wait } from './support/script.ts';

const TWO_PICTURES = ['key@0 SPS PPS IDR', 'unit@3600 DELTA'];
const ATTEMPT = ['OPTIONS', 'DESCRIBE', 'SETUP'];
const methodsOf = (seen: { requests: string[] }) => seen.requests.map((request) => request.split(' ')[0]);

/** The same two pictures in both ways. */
function pictures(maxBytes = 1400) {
  const sender = new Sender();
  const frames = [...sender.picture(0, [SPS, PPS, IDR], { maxBytes }), ...sender.picture(3600, [DELTA])];
  return { frames, datagrams: asDatagrams(frames) };
}

/** Refuses SETUP in one of the ways. */
const refusing = (what: 'datagrams' | 'tcp') => ({
  SETUP: (request: RtspRequest) => (isForDatagrams(request) === (what === 'datagrams') ? { status: 461 } : undefined),
});

describe('how media come', () => {
  it('quirk 28: some cameras send datagrams only: everything is asked anew, over another connection', async () => {
    const script = { hasDatagrams: true, answers: refusing('tcp'), media: [pictures().datagrams] };
    const seen = await everyCut(script, { transport: 'auto' });
    expect(seen).toMatchObject({ units: TWO_PICTURES, transport: 'udp', connections: 2 });
    expect(methodsOf(seen)).toEqual([...ATTEMPT, ...ATTEMPT, 'PLAY', 'TEARDOWN']);
  });

  it('quirk 28: a camera that is asked for datagrams has none', async () => {
    const script = { answers: refusing('datagrams'), media: pictures().frames };
    const seen = await everyCut(script, { transport: 'udp' });
    expect(seen).toMatchObject({ units: TWO_PICTURES, transport: 'tcp', connections: 2 });
  });

  it('quirk 28: a camera answers with channels of the connection although it was asked for datagrams', async () => {
    const answers = {
      SETUP: (request: RtspRequest) => (isForDatagrams(request) ? setUpAs('RTP/AVP/TCP;interleaved=0-1') : undefined),
    };
    const seen = await everyCut({ answers, media: pictures().frames }, { transport: 'udp' });
    expect(seen).toMatchObject({ units: TWO_PICTURES, transport: 'tcp' });
    expect(methodsOf(seen)).toEqual([...ATTEMPT, 'TEARDOWN', ...ATTEMPT, 'PLAY', 'TEARDOWN']);
  });

  it('quirk 28: no datagram comes within three seconds: a firewall is between, and TCP goes through', async () => {
    const answers: CameraScript['answers'] & object = {
      PLAY: (_, attempt) => ({ after: attempt === 1 ? [wait(3000)] : pictures().frames }),
    };
    const seen = await everyCut({ hasDatagrams: true, answers }, { transport: 'udp' });
    expect(seen).toMatchObject({ units: TWO_PICTURES, transport: 'tcp', connections: 2 });
    expect(methodsOf(seen)).toEqual([...ATTEMPT, 'PLAY', 'TEARDOWN', ...ATTEMPT, 'PLAY', 'TEARDOWN']);
  });
});

describe('datagrams', () => {
  const play = async (script: CameraScript) => await everyCut({ hasDatagrams: true, ...script }, { transport: 'udp' });

  it('quirk 29: OpenIPC does not say from which port it sends', async () => {
    const answers = { SETUP: () => setUpAs('RTP/AVP;unicast') };
    expect(await play({ answers, media: [pictures().datagrams] })).toMatchObject({
      units: TWO_PICTURES,
      transport: 'udp',
    });
  });

  it('quirk 29: a firewall lets the datagrams of a camera through only when something went the other way', async () => {
    expect((await play({ media: [BEHIND_A_FIREWALL, pictures().datagrams] })).units).toEqual(TWO_PICTURES);
  });

  it('quirk 29: a camera refuses what is sent to it (ICMP), and sends nevertheless', async () => {
    // Nobody listens at the ports that it names.
    const answers = { SETUP: () => setUpAs('RTP/AVP;unicast;server_port=1-2') };
    expect(await play({ answers, media: [pictures().datagrams] })).toMatchObject({
      units: TWO_PICTURES,
      failure: undefined,
    });
  });

  it('quirk 29: Tapo sends datagrams of 10,000 bytes', async () => {
    const sender = new Sender();
    const large = Buffer.concat([IDR, Buffer.alloc(24_000, 0x66)]);
    const frames = sender.picture(0, [SPS, PPS, large], { maxBytes: 10_000 });
    const seen = await play({ media: [asDatagrams(frames, sender.picture(3600, [DELTA]))] });
    expect(seen.units).toHaveLength(2);
    expect(seen.units[0]).toMatch(/\(24013 bytes\)$/);
    expect(seen.counters).toMatchObject({ packetsReceived: 6, packetsLost: 0 });
  });
});
