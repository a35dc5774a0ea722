import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { AccessUnit } from '../../../src/media/access-unit.ts';
import { CertificateError } from '../../../src/protocols/rtsp/certificate.ts';
import { RtspClient, type RtspClientOptions } from '../../../src/protocols/rtsp/client-session.ts';
import { type CameraCertificate, makeCertificate } from './certificates.ts';
import { IDR, PPS, type Script, ScriptedCamera, SPS } from './scripted-camera.ts';
import { type HttpRequest, ScriptedTunnel, type TunnelManners } from './scripted-tunnel.ts';

let own: CameraCertificate;
let other: CameraCertificate;
beforeAll(async () => {
  [own, other] = await Promise.all([makeCertificate(), makeCertificate()]);
});

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

const sendsPicture: Script = (request, call) =>
  request.method === 'PLAY' ? { afterwards: () => call.send(call.picture(0, [SPS, PPS, IDR])) } : undefined;

async function tunnelled(manners: TunnelManners = {}, tls?: CameraCertificate, script: Script = sendsPicture) {
  const camera = await new ScriptedCamera(script).start();
  const tunnel = await new ScriptedTunnel(camera, manners, tls).start();
  open.push(camera, tunnel);
  return { camera, tunnel };
}

function view(url: string, options: Partial<RtspClientOptions> = {}) {
  const units: AccessUnit[] = [];
  const closed: string[] = [];
  const client = new RtspClient({
    url,
    username: 'admin',
    password: 'secret',
    transport: 'http',
    clock: systemClock,
    log: silentLog,
    isBasicAllowed: true,
    connectTimeoutMs: 2000,
    wantsAudio: true,
    onFormat: () => undefined,
    onUnit: (unit) => units.push(unit),
    onClosed: (error) => closed.push(error.message),
    ...options,
  });
  open.push(client);
  return { client, units, closed };
}

const methodsOf = (requests: readonly HttpRequest[]) => requests.map(({ method }) => method);

describe('RTSP through HTTP', () => {
  it('is a GET and a POST with one cookie, and delivers pictures', async () => {
    const { camera, tunnel } = await tunnelled();
    const { client, units } = view(tunnel.url);
    await client.start();
    await expect.poll(() => units.length).toBe(1);
    await client.stop();
    expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
    expect(methodsOf(tunnel.requests)).toEqual(['GET', 'POST']);
    const [get, post] = tunnel.requests as [HttpRequest, HttpRequest];
    expect(get.path).toBe('/live?profile=1');
    expect(post.path).toBe('/live?profile=1');
    expect(get.headers.get('x-sessioncookie')).toMatch(/^[0-9a-f]{22}$/);
    expect(post.headers.get('x-sessioncookie')).toBe(get.headers.get('x-sessioncookie'));
    expect(get.headers.get('accept')).toBe('application/x-rtsp-tunnelled');
    expect(post.headers.get('content-type')).toBe('application/x-rtsp-tunnelled');
    expect(post.headers.get('content-length')).toBe('32767');
    await expect.poll(() => tunnel.openSockets).toBe(0);
  });

  const manners: [string, TunnelManners][] = [
    [
      'a head in pieces',
      { answerGet: () => ['HT', 'TP/1.1 200 OK\r', '\n', 'Content-Type: application/x-rtsp-tunnelled\r\n\r', '\n'] },
    ],
    ['a head with line feeds alone, and the words of RTSP', { answerGet: () => ['RTSP/1.0 200 OK\nServer: x\n\n'] }],
    [
      'something of the stream right behind the head',
      { answerGet: () => ['HTTP/1.0 200 OK\r\n\r\n\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'] },
    ],
    ['a POST that is answered', { answerPost: () => 'HTTP/1.0 200 OK\r\n\r\n' }],
    ['a POST that is answered with nonsense', { answerPost: () => 'whatever\r\n\r\n' }],
  ];
  it.each(manners)('%s: works', async (_, how) => {
    const { tunnel } = await tunnelled(how);
    const { client, units } = view(tunnel.url);
    await client.start();
    await expect.poll(() => units.length).toBe(1);
  });

  it('a POST that is ended after each message: the next one opens another', async () => {
    const { camera, tunnel } = await tunnelled({ messagesInPost: 1 });
    const { client, units } = view(tunnel.url);
    await client.start();
    await expect.poll(() => units.length).toBe(1);
    await client.stop();
    expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
    expect(methodsOf(tunnel.requests)).toEqual(['GET', ...Array(5).fill('POST')]);
    expect(new Set(tunnel.requests.map(({ headers }) => headers.get('x-sessioncookie'))).size).toBe(1);
  });

  it('answers of ours to the camera go through the POST', async () => {
    const { camera, tunnel } = await tunnelled({}, undefined, (request, call) =>
      request.method === 'PLAY' ? { afterwards: () => call.ask('OPTIONS', 7) } : undefined,
    );
    await view(tunnel.url).client.start();
    await expect.poll(() => camera.answers).toEqual([200]);
  });

  it('a camera that went silent is told goodbye before both halves are closed', async () => {
    const { camera, tunnel } = await tunnelled();
    await view(tunnel.url, { silenceTimeoutMs: 200 }).client.start();
    await expect.poll(() => camera.methods.at(-1)).toBe('TEARDOWN');
    await expect.poll(() => tunnel.openSockets).toBe(0);
  });

  it('the camera ends the GET: the session is over', async () => {
    const { tunnel } = await tunnelled({}, undefined, (request, call) =>
      request.method === 'PLAY' ? { afterwards: () => call.socket.end() } : undefined,
    );
    const { client, closed } = view(tunnel.url);
    await client.start();
    await expect.poll(() => closed).toEqual([`127.0.0.1:${tunnel.port} closed the connection`]);
    await expect.poll(() => tunnel.openSockets).toBe(0);
  });
});

describe('passwords', () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const challenge = (nonce: string) => [
    `HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="web", nonce="${nonce}"\r\nContent-Length: 5\r\n\r\nno no`,
  ];
  function isRight({ method, path, headers }: HttpRequest, nonce: string): boolean {
    const response = md5(`${md5('admin:web:secret')}:${nonce}:${md5(`${method}:${path}`)}`);
    return headers.get('authorization')?.includes(`response="${response}"`) ?? false;
  }

  it('the GET is challenged: both halves answer, each for itself', async () => {
    const { tunnel } = await tunnelled({ answerGet: (get) => (isRight(get, 'n') ? undefined : challenge('n')) });
    const { client, units } = view(tunnel.url);
    await client.start();
    await expect.poll(() => units.length).toBe(1);
    expect(methodsOf(tunnel.requests)).toEqual(['GET', 'GET', 'POST']);
    expect(isRight(tunnel.requests[2]!, 'n')).toBe(true);
  });

  it('in basic on the GET is what counts for the report', async () => {
    const { tunnel } = await tunnelled({
      answerGet: ({ headers }) =>
        headers.has('authorization') ? undefined : ['HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm="web"\r\n\r\n'],
    });
    const { client } = view(tunnel.url);
    await client.start();
    expect(client.authentication).toBe('basic');
    expect(tunnel.requests[2]!.headers.get('authorization')).toBe('Basic YWRtaW46c2VjcmV0');
  });

  it('are refused after one try', async () => {
    const { camera, tunnel } = await tunnelled({ answerGet: () => challenge('n') });
    await expect(view(tunnel.url).client.start()).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(methodsOf(tunnel.requests)).toEqual(['GET', 'GET']);
    expect(camera.requests).toEqual([]);
  });

  it('both layers may ask, with nonces of their own', async () => {
    const { camera, tunnel } = await tunnelled(
      { answerGet: (get) => (isRight(get, 'n') ? undefined : challenge('n')) },
      undefined,
      (request) =>
        request.headers.get('authorization')?.[0]?.includes('nonce="inner"')
          ? undefined
          : { status: 401, headers: [['WWW-Authenticate', 'Digest realm="rtsp", nonce="inner"']] },
    );
    await view(tunnel.url).client.start();
    expect(camera.methods).toEqual(['OPTIONS', 'OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']);
  });
});

describe('failures', () => {
  const failures: [string, TunnelManners, object][] = [
    ['no such path', { answerGet: () => ['HTTP/1.1 404 Not Found\r\n\r\n'] }, { kind: 'not-found' }],
    ['no tunnel here', { answerGet: () => ['HTTP/1.1 405 Method Not Allowed\r\n\r\n'] }, { kind: 'protocol' }],
    ['a redirection', { answerGet: () => ['HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n'] }, { kind: 'protocol' }],
    ['too many viewers', { answerGet: () => ['HTTP/1.1 503 Busy\r\n\r\n'] }, { kind: 'conflict' }],
    ['not HTTP at all', { answerGet: () => ['SSH-2.0-dropbear\r\n'] }, { kind: 'protocol' }],
    [
      'a head without end',
      { answerGet: () => ['HTTP/1.1 200 OK\r\n', 'X: y\r\n'.repeat(12_000)] },
      { kind: 'protocol' },
    ],
    ['silence', { answerGet: () => [] }, { kind: 'timeout' }],
    ['a POST that is refused', { answerPost: () => 'HTTP/1.0 403 Forbidden\r\n\r\n' }, { kind: 'protocol' }],
    ['a POST that wants a password', { answerPost: () => 'HTTP/1.0 401 No\r\n\r\n' }, { kind: 'unauthorized' }],
  ];
  it.each(failures)('%s', async (_, how, expected) => {
    const { tunnel } = await tunnelled(how, undefined, () => ({ isSilent: true }));
    const { client, closed } = view(tunnel.url, { connectTimeoutMs: 300 });
    await expect(client.start()).rejects.toMatchObject(expected);
    expect(closed).toEqual([]);
    await expect.poll(() => tunnel.openSockets).toBe(0);
  });

  it('a server that hangs up', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, resolve));
    open.push({ stop: () => new Promise((resolve) => server.close(() => resolve())) });
    const { port } = server.address() as { port: number };
    await expect(view(`rtsp://127.0.0.1:${port}/`).client.start()).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('stop() while the GET waits for its answer', async () => {
    const { tunnel } = await tunnelled({ answerGet: () => [] });
    const { client } = view(tunnel.url);
    const starting = client.start();
    starting.catch(() => undefined);
    await expect.poll(() => tunnel.requests.length).toBe(1);
    await client.stop();
    await expect(starting).rejects.toMatchObject({ kind: 'unreachable' });
    await expect.poll(() => tunnel.openSockets).toBe(0);
  });
});

describe('through HTTPS', () => {
  it('works, and the certificate is told once', async () => {
    const { tunnel } = await tunnelled({}, own);
    const shown: string[] = [];
    const { client, units } = view(tunnel.url, { onCertificate: (peer, sha256) => shown.push(`${peer} ${sha256}`) });
    await client.start();
    await expect.poll(() => units.length).toBe(1);
    expect(shown).toEqual([`127.0.0.1:${tunnel.port} ${own.sha256}`]);
  });

  it('another certificate: nothing is sent', async () => {
    const { tunnel } = await tunnelled({}, other);
    const { client } = view(tunnel.url, { certificateOf: () => own.sha256 });
    await expect(client.start()).rejects.toBeInstanceOf(CertificateError);
    expect(tunnel.requests).toEqual([]);
  });

  it('the two halves must show the same one', async () => {
    const how: TunnelManners = {
      answerGet: () => {
        tunnel.changeCertificate(other);
        return undefined;
      },
    };
    const { tunnel } = await tunnelled(how, own);
    await expect(view(tunnel.url).client.start()).rejects.toBeInstanceOf(CertificateError);
    expect(methodsOf(tunnel.requests)).toEqual(['GET']);
    await expect.poll(() => tunnel.openSockets).toBe(0);
  });
});
