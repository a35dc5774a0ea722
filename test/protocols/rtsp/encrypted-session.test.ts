import { createServer, type Server } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { AccessUnit } from '../../../src/media/access-unit.ts';
import { CertificateError } from '../../../src/protocols/rtsp/certificate.ts';
import { RtspClient, type RtspClientOptions } from '../../../src/protocols/rtsp/client-session.ts';
import { type CameraCertificate, makeCertificate } from './certificates.ts';
import { IDR, PPS, type Script, ScriptedCamera, SPS } from './scripted-camera.ts';

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

async function camera(tls: TlsOptions = own, script: Script = sendsPicture): Promise<ScriptedCamera> {
  const started = await new ScriptedCamera(script, tls).start();
  open.push(started);
  return started;
}

function view(url: string, options: Partial<RtspClientOptions> = {}) {
  const units: AccessUnit[] = [];
  const client = new RtspClient({
    url,
    username: 'admin',
    password: 'secret',
    clock: systemClock,
    log: silentLog,
    isBasicAllowed: true,
    connectTimeoutMs: 2000,
    wantsAudio: true,
    onFormat: () => undefined,
    onUnit: (unit) => units.push(unit),
    onClosed: () => undefined,
    ...options,
  });
  open.push(client);
  return { client, units };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ stop: () => new Promise((resolve) => server.close(() => resolve())) });
  return (server.address() as { port: number }).port;
}

describe('rtsps', () => {
  it('delivers pictures and tells the certificate, before which nothing was known', async () => {
    const cam = await camera();
    const shown: string[] = [];
    const { client, units } = view(cam.url, { onCertificate: (peer, sha256) => shown.push(`${peer} ${sha256}`) });
    expect(client.certificate).toBeUndefined();
    await client.start();
    await expect.poll(() => units.length).toBe(1);
    expect(client.certificate).toBe(own.sha256);
    expect(shown).toEqual([`127.0.0.1:${cam.port} ${own.sha256}`]);
    await client.stop();
    expect(cam.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
    expect(cam.requests.every(({ url }) => url.startsWith('rtsps://'))).toBe(true);
  });

  it('asks for the certificate of this host and port, and takes it in capitals', async () => {
    const cam = await camera();
    const asked: string[] = [];
    const certificateOf = (peer: string) => {
      asked.push(peer);
      return own.sha256.toUpperCase();
    };
    await view(cam.url, { certificateOf }).client.start();
    expect(asked).toEqual([`127.0.0.1:${cam.port}`]);
  });

  it('refuses another certificate before a single byte of a request is sent', async () => {
    const cam = await camera(other);
    const { client } = view(cam.url, { certificateOf: () => own.sha256 });
    const error = await client.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CertificateError);
    expect(error).toMatchObject({ kind: 'protocol', shown: other.sha256 });
    const { message } = error as CertificateError;
    for (const part of [`127.0.0.1:${cam.port}`, own.sha256.slice(0, 16), other.sha256.slice(0, 16), 'accept']) {
      expect(message).toContain(part);
    }
    expect(cam.requests).toEqual([]);
    expect(client.certificate).toBeUndefined();
  });

  it('makes a whole handshake for each connection, so that the certificate is seen each time', async () => {
    const cam = await camera();
    for (let round = 0; round < 3; round++) {
      const { client } = view(cam.url, { certificateOf: () => own.sha256 });
      await client.start();
      expect(client.certificate).toBe(own.sha256);
      await client.stop();
    }
  });

  it('says goodbye to a camera that went silent before it closes the connection', async () => {
    const cam = await camera();
    await view(cam.url, { silenceTimeoutMs: 200 }).client.start();
    await expect.poll(() => cam.methods.at(-1)).toBe('TEARDOWN');
  });

  it('says that a camera hung up, as without encryption', async () => {
    const cam = await camera(own, (request, call) =>
      request.method === 'PLAY' ? { afterwards: () => call.socket.end() } : undefined,
    );
    const closed: string[] = [];
    const { client } = view(cam.url, { onClosed: (error) => closed.push(error.kind) });
    await client.start();
    await expect.poll(() => closed).toEqual(['unreachable']);
  });
});

describe('old stacks', () => {
  // Sizes and digests that a firmware of 2012 made its certificate with.
  const works: [string, { keySize: number; algorithm: string }, TlsOptions][] = [
    ['a key of 1024 bits, signed with SHA-1', { keySize: 1024, algorithm: 'sha1' }, {}],
    [
      'a handshake signed over SHA-1',
      { keySize: 2048, algorithm: 'sha256' },
      { maxVersion: 'TLSv1.2', ciphers: 'ALL:@SECLEVEL=0', sigalgs: 'RSA+SHA1' },
    ],
    [
      'no forward secrecy',
      { keySize: 2048, algorithm: 'sha256' },
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:@SECLEVEL=0' },
    ],
  ];
  it.each(works)('%s: works', async (_, certificate, tls) => {
    const { key, cert, sha256 } = await makeCertificate({ keyType: 'rsa', ...certificate });
    const cam = await camera({ ciphers: 'DEFAULT:@SECLEVEL=0', ...tls, key, cert });
    const { client } = view(cam.url, { certificateOf: () => sha256 });
    await client.start();
    expect(client.certificate).toBe(sha256);
  });

  it('TLS 1.1: refused, with what to do', async () => {
    const { key, cert } = await makeCertificate({ keyType: 'rsa' });
    const cam = await camera({ key, cert, ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    await expect(view(cam.url).client.start()).rejects.toMatchObject({
      kind: 'protocol',
      message: expect.stringMatching(/no TLS newer than 1\.1.*firmware/),
    });
  });
});

describe('what is not TLS', () => {
  it('a camera that speaks plain RTSP on this port', async () => {
    const port = await listening(
      createServer((socket) =>
        socket
          .resume()
          .on('error', () => undefined)
          .end('RTSP/1.0 400 Bad\r\n\r\n'),
      ),
    );
    await expect(view(`rtsps://127.0.0.1:${port}/`).client.start()).rejects.toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('does not speak TLS'),
    });
  });

  it('a port that hangs up', async () => {
    const port = await listening(createServer((socket) => socket.destroy()));
    await expect(view(`rtsps://127.0.0.1:${port}/`).client.start()).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('a port that says nothing: given up in time, and closed', async () => {
    let isClosed = false;
    const port = await listening(
      createServer((socket) => {
        socket.resume().on('close', () => {
          isClosed = true;
        });
      }),
    );
    await expect(view(`rtsps://127.0.0.1:${port}/`, { connectTimeoutMs: 200 }).client.start()).rejects.toMatchObject({
      kind: 'timeout',
    });
    await expect.poll(() => isClosed).toBe(true);
  });
});

describe('rtsp:// at a port that wants something else', () => {
  it('that speaks TLS: says which address it wants', async () => {
    const cam = await camera();
    await expect(view(cam.url.replace('rtsps', 'rtsp')).client.start()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/: this port speaks TLS, its address begins with rtsps:\/\/$/),
    });
  });

  it.each(['end', 'reset'])('that ends the connection without a word (%s): says what that may be', async (how) => {
    const port = await listening(
      createServer((socket) => socket.once('data', () => (how === 'end' ? socket.end() : socket.resetAndDestroy()))),
    );
    await expect(view(`rtsp://127.0.0.1:${port}/`).client.start()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/ without a word: if this port speaks TLS, its address begins with rtsps:\/\/$/),
    });
  });

  it('that says something and ends: nothing is guessed', async () => {
    const port = await listening(createServer((socket) => socket.once('data', () => socket.end('RTSP/1.0 200'))));
    await expect(view(`rtsp://127.0.0.1:${port}/`).client.start()).rejects.toMatchObject({
      message: `127.0.0.1:${port} closed the connection`,
    });
  });
});

describe('redirections', () => {
  const redirecting =
    (location: string): Script =>
    (request) =>
      request.method === 'DESCRIBE' ? { status: 302, headers: [['Location', location]] } : undefined;

  it('from rtsp to rtsps are followed', async () => {
    const target = await camera();
    const plain = await new ScriptedCamera(redirecting(target.url)).start();
    open.push(plain);
    const { client } = view(plain.url);
    await client.start();
    expect(client.certificate).toBe(own.sha256);
    expect(target.methods.at(-1)).toBe('PLAY');
  });

  it('from rtsps to rtsp are not: what was meant to be encrypted stays so', async () => {
    const cam = await camera(own, redirecting('rtsp://127.0.0.1:9/live'));
    await expect(view(cam.url).client.start()).rejects.toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('not encrypted'),
    });
  });
});
