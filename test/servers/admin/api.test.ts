import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../src/servers/admin/openapi.ts';
import { closedEntry, gapEntry, START_UTC_MS } from '../../catalog/synthetic-drive.ts';
import { healthyReport } from '../../channels/healthy-report.ts';
import { type Api, startApi } from './api-harness.ts';

const DOCK = { name: 'Loading dock', url: 'rtsp://10.0.0.5/main', allotmentMbps: 2 };

let api: Api;
beforeEach(async () => {
  api = await startApi();
  await api.setUp();
});
afterEach(() => api.stop());

describe('channels', () => {
  it('are added with the lowest free number, and their passwords never come back', async () => {
    await api.call('POST', '/channels', { ...DOCK, number: 1 });
    const reply = await api.call('POST', '/channels', { ...DOCK, url: 'rtsp://admin:s3cret@10.0.0.6/main' });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      number: 2,
      url: 'rtsp://10.0.0.6/main',
      username: 'admin',
      hasPassword: true,
      isEnabled: true,
    });
    expect(JSON.stringify((await api.call('GET', '/channels')).body)).not.toMatch(/s3cret|sealed/);
    expect(api.planCount()).toBe(2);
  });

  it('change field by field: the password stays unless it is given', async () => {
    await api.call('POST', '/channels', { ...DOCK, username: 'admin', password: 's3cret' });
    const reply = await api.call('PATCH', '/channels/1', { name: 'Gate', allotmentMbps: 3 });
    expect(reply.body).toMatchObject({ name: 'Gate', allotmentMbps: 3, username: 'admin', hasPassword: true });
    expect(reply.body.id).toMatch(/-loading-dock$/);
    expect((await api.call('PATCH', '/channels/1', { password: '' })).body.hasPassword).toBe(false);
  });

  it('take how their media comes, and a fingerprint as people copy it', async () => {
    const reply = await api.call('POST', '/channels', { ...DOCK, url: 'rtsps://10.0.0.5/main' });
    expect(reply.body).toMatchObject({ url: 'rtsps://10.0.0.5/main', transport: 'auto', certificate: null });
    const change = { transport: 'tcp', certificate: Array(32).fill('AB').join(':') };
    expect((await api.call('PATCH', '/channels/1', change)).body).toMatchObject({
      transport: 'tcp',
      certificate: 'ab'.repeat(32),
    });
    expect(api.events.at(-1)?.detail).toMatch(/: transport, certificate AB:AB/);
    expect((await api.call('PATCH', '/channels/1', { certificate: null })).body.certificate).toBeNull();
    expect((await api.call('PATCH', '/channels/1', { transport: 'udp' })).body.error.message).toMatch(
      /^transport: "udp" is not allowed for an rtsps address/,
    );
  });

  it('32 at 2 Mbps are admitted, the 33rd and a 33rd megabit are not', async () => {
    for (let number = 1; number <= 32; number++) {
      expect((await api.call('POST', '/channels', { ...DOCK, name: `Camera ${number}` })).status).toBe(201);
    }
    expect(await api.call('POST', '/channels', DOCK)).toMatchObject({
      status: 409,
      body: { error: { kind: 'conflict', message: 'model has 32 channels: 32 are in use, this would be one more' } },
    });
    expect((await api.call('PATCH', '/channels/7', { allotmentMbps: 3 })).body.error.message).toBe(
      'rating 64 Mbps: 31 channels use 62.0, this one needs 3.0',
    );
    expect((await api.call('GET', '/status')).body.rating).toEqual({
      limitMbps: 64,
      allottedMbps: 64,
      measuredMbps: 0,
    });
    expect((await api.call('DELETE', '/channels/7')).status).toBe(204);
    expect((await api.call('POST', '/channels', DOCK)).body.number).toBe(7);
  });

  it('asked for at once never exceed the rating', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => api.call('POST', '/channels', { ...DOCK, allotmentMbps: 5 })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(12);
    const { channels } = (await api.call('GET', '/channels')).body;
    expect(new Set(channels.map((channel: { number: number }) => channel.number)).size).toBe(12);
  });

  it.each([
    {
      name: 'an address that is not RTSP',
      body: { ...DOCK, url: 'http://10.0.0.5/' },
      status: 400,
      message: /is not RTSP/,
    },
    {
      name: 'a number beyond the model',
      body: { ...DOCK, number: 33 },
      status: 409,
      message: /channel number 33: model has channels 1 to 32/,
    },
    {
      name: 'an unknown bay',
      body: { ...DOCK, bays: ['bay9'] },
      status: 400,
      message: /bays: "bay9" is not allowed, expected bay1, bay2/,
    },
    {
      name: 'a misspelt field',
      body: { ...DOCK, allotment: 2 },
      status: 400,
      message: /body: allotment is not a known field/,
    },
    {
      name: 'no name',
      body: { ...DOCK, name: '' },
      status: 400,
      message: /body: name: "" is not allowed, expected text of at least 1/,
    },
    {
      name: 'an endless allotment',
      body: { ...DOCK, allotmentMbps: 1e9 },
      status: 400,
      message: /allotmentMbps: 1000000000 is not allowed/,
    },
    {
      name: 'a wrong time zone',
      body: { ...DOCK, schedule: { timeZone: 'Mars', spans: [] } },
      status: 400,
      message: /"Mars" is not a known time zone/,
    },
    {
      name: 'an unknown transport',
      body: { ...DOCK, transport: 'multicast' },
      status: 400,
      message: /transport: "multicast" is not allowed, expected one of auto, tcp, udp, http/,
    },
    {
      name: 'half a fingerprint',
      body: { ...DOCK, certificate: 'ab'.repeat(16) },
      status: 400,
      message: /certificate: "abab\w+" is not allowed, expected a SHA-256 fingerprint of 64 hexadecimal digits/,
    },
    { name: 'no JSON', body: '{"name":', status: 400, message: /body: not valid JSON/ },
    {
      name: 'a body without end',
      body: JSON.stringify({ name: 'x'.repeat(200_000) }),
      status: 400,
      message: /more than 131072 bytes/,
    },
  ])('$name is refused with a reason and changes nothing', async ({ body, status, message }) => {
    const reply = await api.call('POST', '/channels', body);
    expect(reply.status).toBe(status);
    expect(reply.body.error.message).toMatch(message);
    expect((await api.call('GET', '/channels')).body).toEqual({ channels: [] });
    expect(api.planCount()).toBe(0);
  });

  it('that do not exist are named', async () => {
    for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']] as const) {
      const reply = await api.call(method, '/channels/9', body);
      expect([reply.status, reply.body.error.message]).toEqual([404, 'channel 9: does not exist']);
    }
    expect((await api.call('GET', '/channels/nine')).status).toBe(400);
  });
});

describe('settings', () => {
  it('are changed by parts, kept in a history, and told to the audit log', async () => {
    const reply = await api.call('PATCH', '/settings', { name: 'Shop', retention: { maxAgeDays: 30 } });
    expect(reply.body).toMatchObject({ name: 'Shop', retention: { maxAgeDays: 30 }, segmentMinutes: 5 });
    expect((await api.call('GET', '/settings')).body).toEqual(reply.body);
    expect(await readdir(join(api.folder, 'settings-history'))).toHaveLength(1);
    expect(api.events.at(-1)).toMatchObject({ event: 'settings-changed', from: '127.0.0.1' });
  });

  it('refuse what the schema does not know', async () => {
    const reply = await api.call('PATCH', '/settings', { segmentMinutes: 0 });
    expect(reply.body.error.message).toBe(
      'body: segmentMinutes: 0 is not allowed, expected number at least 0.05 at most 60',
    );
    expect((await api.call('PATCH', '/settings', { channels: [] })).status).toBe(400);
  });
});

describe('the overview', () => {
  it('is there while the recorder is not, and says so', async () => {
    await api.call('POST', '/channels', DOCK);
    const { body } = await api.call('GET', '/status');
    expect(body.recorder).toEqual({ isConnected: false, boot: null, startedUtcMs: null });
    expect(body.channels[0]).toMatchObject({
      state: 'failing',
      cause: 'recorder-not-running',
      detail: 'the recorder is not running',
    });
    expect(body.bays).toMatchObject([
      { id: 'bay1', state: 'ready', capacityBytes: 1_000_000_000, daysKept: null },
      { id: 'bay2', state: 'gone', detail: expect.stringContaining('missing does not exist') },
    ]);
  });

  it('shows what the recorder says, with days kept at the rate of now', async () => {
    await api.call('POST', '/channels', DOCK);
    const channelId = api.channels.get(1).id;
    const { driveId } = (await api.call('GET', '/bays')).body.bays[0];
    api.recorder.onFact({ kind: 'hello', version: 1, unit: 'aabbccdd', boot: 3, startedUtcMs: 5, planRevision: 1 });
    api.recorder.onFact({
      kind: 'channel-state',
      channelId,
      state: 'recording',
      cause: null,
      detail: '',
      sinceUtcMs: 7,
      video: { codec: 'h264', codecString: 'avc1.42C01E', width: 1920, height: 1080 },
      audio: null,
    });
    const counts = { videoFrames: 10, framesWritten: 10, framesDropped: 0, packetsLost: 0, lastFootageUtcMs: 9 };
    api.recorder.onFact({
      kind: 'rates',
      atUtcMs: 9,
      channels: [{ channelId, mbps1s: 2.1, mbps60s: 2, ...counts }],
      drives: [{ driveId, freeBytes: 9e8, capacityBytes: 1e9, queueBytes: 0, flushP99Ms: 5, commitEveryMs: 900 }],
      tailBytes: 0,
    });
    const { body } = await api.call('GET', '/status');
    expect(body.recorder).toEqual({ isConnected: true, boot: 3, startedUtcMs: 5 });
    expect(body.channels[0]).toMatchObject({ state: 'recording', mbps60s: 2, lastFootageUtcMs: 9 });
    expect(body.bays[0].freeBytes).toBe(9e8);
    expect(body.bays[0].daysKept).toBeCloseTo(9e8 / 21.6e9, 5);
    api.recorder.onDisconnected();
    expect((await api.call('GET', '/status')).body.channels[0].state).toBe('failing');
  });
});

describe('the stream report', () => {
  const HELLO = { kind: 'hello', version: 1, unit: 'aabbccdd', boot: 3, startedUtcMs: 5, planRevision: 1 } as const;
  const STATE = { kind: 'channel-state', cause: null, detail: '', sinceUtcMs: 7, video: null, audio: null } as const;

  it('is empty until the recorder has measured something', async () => {
    await api.call('POST', '/channels', DOCK);
    expect((await api.call('GET', '/channels/1/stream-report')).body).toEqual({
      channel: 1,
      report: null,
      presentedCertificate: null,
      findings: [],
    });
    expect((await api.call('GET', '/channels/9/stream-report')).status).toBe(404);
  });

  it('gives the last measurement with findings in plain words, and the overview their count', async () => {
    await api.call('POST', '/channels', DOCK);
    const { video, ...report } = { ...healthyReport(), channelId: api.channels.get(1).id };
    api.recorder.onFact(HELLO);
    api.recorder.onFact({ ...report, video });
    api.recorder.onFact({ ...report, video: { ...video, keyIntervalMs: 12_000, longestKeyIntervalMs: 12_400 } });
    const { body } = await api.call('GET', '/channels/1/stream-report');
    expect(body.report).toMatchObject({ transport: 'tcp', measuredMs: 600_000, video: { keyIntervalMs: 12_000 } });
    expect(body.report).not.toHaveProperty('channelId');
    expect(body.findings).toEqual([
      {
        code: 'key-interval-long',
        severity: 'advice',
        title: 'Long key-frame interval',
        sentence: expect.stringMatching(/^Key frame every 12 s: seeking is coarse/),
        advice: expect.stringMatching(/set the I-frame interval to 1–2 s/),
      },
    ]);
    expect((await api.call('GET', '/status')).body.channels[0]).toMatchObject({
      longKeyIntervalMs: 12_400,
      findings: { problem: 0, advice: 1, note: 0 },
    });
    await api.call('PATCH', '/channels/1', { isEnabled: false });
    expect((await api.call('GET', '/channels/1/stream-report')).body.report).toBeNull();
  });

  it('shows a certificate that was refused, which the channel can then be set to', async () => {
    await api.call('POST', '/channels', { ...DOCK, url: 'rtsps://10.0.0.5/main' });
    const shown = 'cd'.repeat(32);
    const channelId = api.channels.get(1).id;
    api.recorder.onFact(HELLO);
    api.recorder.onFact({ ...STATE, channelId, state: 'failing', cause: 'stream-error', presentedCertificate: shown });
    const { body } = await api.call('GET', '/channels/1/stream-report');
    expect(body).toMatchObject({ presentedCertificate: shown, findings: [{ code: 'certificate-changed' }] });
    expect((await api.call('GET', '/status')).body.channels[0].presentedCertificate).toBe(shown);
    const accepted = await api.call('PATCH', '/channels/1', { certificate: body.presentedCertificate });
    expect(accepted.body.certificate).toBe(shown);
    expect(api.events.at(-1)?.detail).toContain(`certificate ${shown}`);
  });
});

describe('gaps and locks', () => {
  it('gaps come with their cause and the number of their channel', async () => {
    await api.catalog.apply([{ driveId: undefined, entry: gapEntry(1) }]);
    const { body } = await api.call('GET', `/gaps?from=${START_UTC_MS}&to=${START_UTC_MS + 1000}`);
    expect(body.gaps).toMatchObject([{ channel: null, cause: 'camera-unreachable', fromUtcMs: START_UTC_MS }]);
    expect((await api.call('GET', '/gaps?from=5&to=5')).body.error.message).toMatch(/to: 5 is not allowed/);
    expect((await api.call('GET', '/gaps?from=yesterday&to=5')).body.error.message).toMatch(
      /from: "yesterday" is not allowed/,
    );
  });

  it.each([
    ['/gaps?from=1.5&to=5', 'query: from: 1.5 is not allowed, expected milliseconds since 1970 UTC'],
    ['/gaps?from=0&to=5&channel=1.5', 'query: channel: 1.5 is not allowed, expected integer at least 1'],
    ['/gaps?from=0x10&to=50', 'query: from: "0x10" is not allowed, expected milliseconds since 1970 UTC'],
    ['/channels/1.5', 'address: number: 1.5 is not allowed, expected integer at least 1 at most 256'],
  ])('%s is refused, not rounded', async (path, message) => {
    expect(await api.call('GET', path)).toMatchObject({
      status: 400,
      body: { error: { kind: 'bad-input', message } },
    });
  });

  it('locks are kept up to half of the capacity', async () => {
    await api.call('POST', '/channels', DOCK);
    const { id } = api.channels.get(1);
    const { driveId } = (await api.call('GET', '/bays')).body.bays[0];
    const entries = Array.from({ length: 10 }, (_, seq) => ({ ...closedEntry(seq), channelId: id }));
    await api.catalog.apply(entries.map((entry) => ({ driveId, entry })));
    const span = (minutes: number) => ({
      channel: 1,
      fromUtcMs: START_UTC_MS,
      toUtcMs: START_UTC_MS + minutes * 60_000,
    });
    const lock = await api.call('POST', '/locks', { ...span(25), note: 'break-in' });
    expect(lock).toMatchObject({ status: 201, body: { channel: 1, note: 'break-in', isConfirmed: false } });
    expect((await api.call('POST', '/locks', span(10))).body.error.message).toBe(
      'locked footage may fill half of the capacity, 500.0 MB: 375.0 MB are locked, this span needs 150.0 MB',
    );
    expect((await api.call('GET', '/locks')).body.locks).toHaveLength(1);
    expect((await api.call('DELETE', `/locks/${lock.body.id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/locks/${lock.body.id}`)).status).toBe(404);
  });
});

describe('the door', () => {
  it('takes changes only with the header that other sites cannot send', async () => {
    const reply = await api.call('POST', '/channels', DOCK, { 'x-holdfast': '' });
    expect(reply).toMatchObject({ status: 403, body: { error: { message: 'POST needs the header x-holdfast: 1' } } });
  });

  it('serves only names of loopback, so that a name that was rebound is of no use', async () => {
    const statusFor = (host: string) =>
      new Promise<number>((resolve, reject) => {
        request({ port: api.port, host: '127.0.0.1', path: '/api/v1/session', headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    expect(await statusFor(`localhost:${api.port}`)).toBe(200);
    expect(await statusFor('[::1]:8480')).toBe(200);
    expect(await statusFor('evil.example')).toBe(403);
    expect(await statusFor('127.0.0.1.evil.example')).toBe(403);
  });

  it('sets the headers that keep others from framing or sniffing', async () => {
    const { headers } = await api.call('GET', '/session');
    expect(headers.get('content-security-policy')).toMatch(
      /default-src 'self'; media-src 'self' blob:.*frame-ancestors 'none'/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('answers what does not exist in the same form', async () => {
    expect(await api.call('GET', '/nothing')).toMatchObject({ status: 404, body: { error: { kind: 'not-found' } } });
    expect((await api.call('POST', '/status', {})).status).toBe(404);
  });
});

describe('the OpenAPI document', () => {
  it('describes every route and nothing else, and is served', async () => {
    const served = (await api.call('GET', '/openapi.json')).body;
    const described = Object.entries(served.paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method} ${path}`),
    );
    const mounted = api.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(described.sort()).toEqual([...mounted, 'get /openapi.json'].sort());
    expect(served.openapi).toBe('3.1.0');
  });

  it('tells the truth about replies', async () => {
    await api.call('POST', '/channels', DOCK);
    api.recorder.onFact({ ...healthyReport(), channelId: api.channels.get(1).id });
    for (const path of [
      '/session',
      '/status',
      '/bays',
      '/channels',
      '/channels/1',
      '/channels/1/stream-report',
      '/settings',
      '/locks',
      '/gaps?from=0&to=1',
    ]) {
      const { body } = await api.call('GET', path);
      const route = api.routes.find(
        (route) =>
          route.method === 'get' && new RegExp(`^${route.path.replaceAll(/:\w+/g, '\\d+')}$`).test(path.split('?')[0]!),
      );
      expect([path, Value.Errors(route!.responses[200]!.schema!, body).First()?.message]).toEqual([path, undefined]);
    }
  });

  it('and the reference for people describe the same routes', async () => {
    const reference = await readFile(join(import.meta.dirname, '../../../docs/reference/api.md'), 'utf8');
    const missing = api.routes
      .map(({ method, path }) => (path.endsWith('/live') ? `WebSocket \`${path}` : `\`${method.toUpperCase()} ${path}`))
      .filter((heading) => !reference.includes(heading));
    expect(missing).toEqual([]);
  });

  it('is plain JSON', () => {
    const document = openApiDocument(api.routes, '1');
    expect(JSON.parse(JSON.stringify(document)).info.version).toBe('1');
  });
});
