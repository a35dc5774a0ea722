import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Authenticator, parseChallenges } from '../../src/protocols/rtsp/authentication.ts';
import { encodeRequest, MAX_HEADER_BYTES } from '../../src/protocols/rtsp/message.ts';
import { parseMessage } from '../../src/protocols/rtsp/message-parser.ts';
import { parseSdp } from '../../src/protocols/rtsp/sdp.ts';
import { chooseTracks } from '../../src/protocols/rtsp/tracks.ts';
import { parseSessionHeader, parseTransport } from '../../src/protocols/rtsp/transport.ts';
import { joinControl, parseRtspUrl, redactUrl, repairBase, resolveLocation } from '../../src/protocols/rtsp/url.ts';
import { fuzz } from './support/fuzz.ts';
import { readOrRefuse } from './support/limits.ts';
import { damagedText } from './support/mutations.ts';

/** As the message parser hands values on: without line breaks. */
const value = (text: fc.Arbitrary<string>) => damagedText(text).map((line) => line.replace(/[\r\n]/g, ' ').trim());
const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('headers', () => {
  const transport = fc.constantFrom(
    'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1A2B3C4D',
    'RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=10.0.0.5;destination=10.0.0.9',
    'RTP/AVP/TCP; ssrc = 00001234 ; interleaved = 6-7, RTP/AVP;mode="PLAY"',
  );
  fuzz('Transport', fc.oneof(value(transport), anyText), (text) => {
    const { channel, rtcpChannel, ssrc, serverPorts } = parseTransport(text);
    for (const port of Object.values(serverPorts ?? {})) expect(port >= 1 && port <= 65_535).toBe(true);
    for (const one of [channel, rtcpChannel]) if (one !== undefined) expect(one >= 0 && one <= 256).toBe(true);
    if (ssrc !== undefined) expect(ssrc).toBe(ssrc >>> 0);
    return channel !== undefined || serverPorts !== undefined;
  });

  fuzz('Session', fc.oneof(value(fc.constantFrom('12345678;timeout=60', 'abc ; timeout = 5;x')), anyText), (text) => {
    const { id, timeoutMs } = parseSessionHeader(text);
    expect(id).not.toBe('');
    if (timeoutMs !== undefined) expect(timeoutMs > 0 && timeoutMs < 1e9).toBe(true);
    return timeoutMs !== undefined;
  });

  const challenge = fc.constantFrom(
    'Digest realm="Login to x", nonce="abc", qop="auth,auth-int", algorithm=SHA-256, stale=TRUE, opaque="\\"q\\""',
    'Basic realm="a", Digest realm="b", nonce="n", algorithm=MD5-sess',
    'Digest realm=x,nonce=abc',
  );
  fuzz('WWW-Authenticate', fc.array(fc.oneof(value(challenge), anyText), { maxLength: 4 }), (values) => {
    for (const { scheme, parameters } of values.flatMap(parseChallenges)) {
      expect(scheme).not.toBe('');
      expect(parameters.size).toBeLessThanOrEqual(Math.max(...values.map((text) => text.length)));
    }
    const authenticator = new Authenticator({ username: 'u"\\', password: 'p' }, true);
    const verdict = authenticator.takeChallenges(values);
    const authorization = authenticator.authorize('PLAY', 'rtsp://h/');
    if (verdict.kind === 'answerable') expect(authorization).toMatch(/^(Digest username="u\\"\\\\"|Basic )/);
    else expect(authorization).toBeUndefined();
    return verdict.kind === 'answerable';
  });
});

describe('addresses', () => {
  const url = fc.constantFrom(
    'rtsp://user:p@ss@10.0.0.5:8554/live?a=b',
    'rtsp://[fe80::1%eth0]:554/x',
    'rtsps://cam/s',
    'rtsp://u:%zz@cam',
  );
  fuzz('RTSP address', fc.oneof(damagedText(url), anyText), (text) => {
    const parsed = readOrRefuse(() => parseRtspUrl(text), 'bad-input');
    if (parsed === undefined) return false;
    expect(parsed.host).not.toBe('');
    expect(parsed.port >= 1 && parsed.port <= 65_535).toBe(true);
    expect(parsed.requestUrl).not.toMatch(/[\s\p{Cc}]/u);
    // What is sent is an address itself, and means the same camera.
    expect(parseRtspUrl(parsed.requestUrl)).toMatchObject({
      host: parsed.host,
      port: parsed.port,
      username: undefined,
    });
    return true;
  });

  const location = value(
    fc.constantFrom('rtsp://10.0.0.6:8554/live', 'rtsps://cam/s', '/other?x=y', '//cam/p', 'name', 'http://cam/'),
  );
  fuzz('redirection', fc.tuple(fc.oneof(location, anyText), fc.boolean()), ([text, isEncrypted]) => {
    const from = isEncrypted ? 'rtsps://h:1/a/b?c=/d' : 'rtsp://h';
    const target = readOrRefuse(() => resolveLocation(text, from), 'bad-input');
    if (target === undefined) return false;
    expect(parseRtspUrl(target.requestUrl)).toMatchObject({ host: target.host, port: target.port });
    return true;
  });

  const base = value(
    fc.constantFrom(
      'rtsp://10.0.0.5/live/',
      '192.168.1.10:554/stream0/',
      'rtsp://rtsp://h/p',
      '::ffff:1.2.3.4/p',
      '*',
      '/p',
    ),
  );
  const control = value(fc.constantFrom('trackID=1', '/trackID=1', '?a=b', 'rtsp://u:p@h/x', '*', ''));
  fuzz(
    'Content-Base and control',
    fc.tuple(fc.oneof(base, anyText), fc.oneof(control, anyText)),
    ([contentBase, track]) => {
      const joined = joinControl(repairBase(contentBase, 'rtsp://h/p'), track);
      expect(joined).toMatch(/^rtsp:\/\//i);
      expect(redactUrl(joined).length).toBeLessThanOrEqual(contentBase.length + track.length + 40);
      return joined !== 'rtsp://h/p';
    },
  );
});

describe('descriptions', () => {
  const video = fc.constantFrom(
    'm=video 0 RTP/AVP 96|a=rtpmap:96 H264/90000|a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkAoD2wFuEAAAMAAQAAAwAyjxYuSA==,aMuDyyA=',
    'm=video 0 RTP/AVP 96|a=rtpmap:96 H265/90000|a=fmtp:96 sprop-vps=QAEM;sprop-sps=QgEB;sprop-pps=RAHB;sprop-max-don-diff=0',
    'm=video 0 RTP/AVP 26 35|a=rtpmap:26 JPEG/90000|a=framesize:26 2592-1944|a=framerate:12.5',
  );
  const audio = fc.constantFrom(
    'm=audio 0 RTP/AVP 97|a=rtpmap:97 MPEG4-GENERIC/16000/2|a=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408',
    'm=audio 0 RTP/AVP 97|a=rtpmap:97 MP4A-LATM/90000|a=fmtp:97 cpresent=0;config=400024103fc0',
    'm=audio 0 RTP/AVP 0 8 97|a=rtpmap:97 opus/48000/2',
    'm=audio 0 RTP/AVP 97|a=rtpmap:97 L16/44100/2',
    'm=audio 0 RTP/AVP 97|a=rtpmap:97 AAL2-G726-32/8000',
    'm=application 0 RTP/AVP 107|a=rtpmap:107 vnd.onvif.metadata/90000',
  );
  const attribute = fc.constantFrom(
    'a=sendonly',
    'a=recvonly',
    'a=control:track1',
    'a=control:rtsp://u:p@h/t',
    'v=0',
    's=x',
    'a=tool:LIVE555',
    'c=IN IP4',
    '',
  );
  const lines = fc
    .array(fc.tuple(fc.oneof(video, audio), fc.array(attribute, { maxLength: 3 })), { maxLength: 4 })
    .map((media) => [
      'v=0',
      'a=control:*',
      ...media.flatMap(([one, attributes]) => [...one.split('|'), ...attributes]),
    ]);
  const sdp = damagedText(fc.tuple(lines, fc.constantFrom('\n', '\r\n', '\r')).map(([list, end]) => list.join(end)));
  fuzz('SDP', fc.oneof(sdp, anyText), (text) => {
    const description = parseSdp(text);
    expect(description.media.length).toBeLessThanOrEqual(32);
    const choice = chooseTracks(description);
    const { skipped } = choice;
    expect(skipped.length).toBeLessThanOrEqual(32);
    for (const track of [choice.video, choice.audio]) {
      if (track === undefined) continue;
      expect(track.payloadType).toBeLessThan(1000);
      // Whatever it says goes into SETUP as one line.
      const url = joinControl('rtsp://h/p', track.control);
      encodeRequest({ method: 'SETUP', url, headers: [] });
    }
    return choice.video !== undefined || choice.audio !== undefined;
  });
});

describe('text as long as it may be', () => {
  const parsers: Record<string, (text: string) => void> = {
    challenges: parseChallenges,
    transport: parseTransport,
    session: parseSessionHeader,
    description: parseSdp,
    'rtpmap and fmtp': (text) => parseSdp(`m=video 0 RTP/AVP 96\na=rtpmap:96 H${text}\na=fmtp:96 x${text}`),
    base: (text) => repairBase(text, 'rtsp://h/p'),
    control: (text) => joinControl('rtsp://h/p', text),
    address: (text) => readOrRefuse(() => parseRtspUrl(`rtsp://${text}`), 'bad-input'),
    header: (text) => {
      const bytes = Buffer.from(`RTSP/1.0 200 ${text}\r\nX: ${text}\r\n\r\n`);
      readOrRefuse(() => parseMessage(bytes, 0, bytes.length), 'protocol');
    },
  };
  const pieces = [
    ...'1a -=";/:@%[]$\\\t\r\n',
    'a ',
    'a=',
    'a="',
    'a=1,',
    'rtsp://',
    'ssrc',
    'interleaved=',
    '::',
    'a=fmtp:96 ',
    'm=v 0 R 9\n',
  ];

  // A parser whose work grows with the square of the length needs minutes here, and would hold up all other cameras.
  it.each(Object.entries(parsers))('%s: the work grows with the length only', (_, parse) => {
    for (const piece of pieces) {
      for (const end of ['', '!']) parse(piece.repeat(MAX_HEADER_BYTES / piece.length) + end);
    }
  });
});
