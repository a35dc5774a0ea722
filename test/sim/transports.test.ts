import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openClient, startCamera, until } from './camera-under-test.ts';

describe('a camera with TLS', () => {
  test('has an rtsps address, shows its certificate, and plays', async () => {
    const camera = await startCamera({ isEncrypted: true });
    expect(camera.url).toMatch(/^rtsps:/);
    const client = await openClient(camera);
    expect(client.certificate).toBe(camera.certificate);
    await client.play();
    await until(() => client.packets.length > 20);
    expect(camera.counters().main.sessions[0]).toMatchObject({ transport: 'tcp' });
  });

  test('shows another certificate after the fault new-certificate; who is connected stays so', async () => {
    const camera = await startCamera({ isEncrypted: true });
    const [before, client] = [camera.certificate, await openClient(camera)];
    await client.play();
    await camera.setFault({ kind: 'new-certificate' });
    expect(camera.certificate).not.toBe(before);
    expect((await openClient(camera)).certificate).toBe(camera.certificate);
    const packets = client.packets.length;
    await until(() => client.packets.length > packets + 10);
  });

  test('keeps its certificate when it was away', async () => {
    const camera = await startCamera({ isEncrypted: true });
    const before = camera.certificate;
    await camera.setFault({ kind: 'refuse' });
    await camera.clearFaults();
    expect((await openClient(camera)).certificate).toBe(before);
  });

  test('grants no UDP: it would go unencrypted', async () => {
    const client = await openClient(await startCamera({ isEncrypted: true }));
    const Transport = 'RTP/AVP;unicast;client_port=5000-5001';
    expect((await client.request('SETUP', '/trackID=0', { Transport })).status).toBe(461);
  });

  test('is alone in having one', async () => {
    const camera = await startCamera();
    await expect(camera.setFault({ kind: 'new-certificate' })).rejects.toThrow('camera 1 has no certificate');
  });
});

describe.each([false, true])('an HTTP tunnel to a camera, encrypted: %s', (isEncrypted) => {
  test('plays as a connection does', async () => {
    const camera = await startCamera({ isEncrypted });
    const client = await openClient(camera, { isTunnelled: true });
    expect((await client.request('DESCRIBE')).body).toContain('m=video');
    await client.play();
    await until(() => client.packets.length > 20);
    expect(camera.counters().main.sessions[0]).toMatchObject({ transport: 'http' });
    expect((await client.request('TEARDOWN')).status).toBe(200);
    expect(client.strayBytes).toBe(0);
  });

  test('ends when the camera drops its connections, and when the client goes', async () => {
    const camera = await startCamera({ isEncrypted });
    const [dropped, gone] = [
      await openClient(camera, { isTunnelled: true }),
      await openClient(camera, { isTunnelled: true }),
    ];
    await dropped.play();
    await camera.setFault({ kind: 'drop' });
    await until(() => dropped.isClosed && gone.isClosed && camera.counters().connections === 0);
    const client = await openClient(camera, { isTunnelled: true });
    await client.play();
    client.close();
    await until(() => camera.counters().main.sessions[1]!.endCause === 'connection closed by client');
  });
});

test.each([
  ['without a cookie', 'GET / HTTP/1.0\r\n\r\n'],
  ['that begins with its POST', 'POST / HTTP/1.0\r\nx-sessioncookie: abc\r\n\r\n'],
])('a tunnel %s is refused', async (_name, head) => {
  const camera = await startCamera();
  const { hostname, port } = new URL(camera.url);
  const socket = connect(Number(port), hostname);
  for (const byte of head) socket.write(byte);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.0 400 /);
  socket.destroy();
});
