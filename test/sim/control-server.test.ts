import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runConsoleLine } from './console.ts';
import { ControlServer } from './control-server.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { SMALL_CLIP, TEST_CACHE } from './test-clips.ts';

let simulator: Simulator;
let control: ControlServer;
let url = '';

beforeAll(async () => {
  simulator = await startSimulator({
    ...{ cameras: 2, firstCamera: 7, port: 0, subClip: false, clip: SMALL_CLIP, cacheFolder: TEST_CACHE },
  });
  control = new ControlServer(simulator, 0);
  url = await control.start();
});
afterAll(async () => {
  await control.stop();
  await simulator.stop();
});

describe('over HTTP', () => {
  test('a fault is switched on, listed and cleared', async () => {
    const set = await send('POST', '/cameras/8/fault', { kind: 'bitrate', factor: 2 });
    expect([set.status, set.body]).toMatchObject([200, { number: 8, faults: [{ kind: 'bitrate', factor: 2 }] }]);
    expect((await send('GET', '/cameras')).body).toMatchObject([{ faults: [] }, { faults: [{ kind: 'bitrate' }] }]);
    await send('DELETE', '/cameras/8/fault?kind=silent');
    expect(simulator.camera(8).faults().length).toBe(1);
    expect((await send('DELETE', '/cameras/8/fault')).body).toMatchObject({ faults: [] });
  });

  test('counters are given for all cameras and for one', async () => {
    expect((await send('GET', '/counters')).body).toMatchObject([
      { camera: 7 },
      { camera: 8, main: { framesSent: 0 } },
    ]);
    expect((await send('GET', '/cameras/7/counters')).body).toMatchObject({ camera: 7 });
  });

  test.each([
    ['POST', '/cameras/8/fault', { kind: 'lose-packets' }, 400, 'share is missing'],
    ['POST', '/cameras/8/fault', undefined, 400, 'not JSON'],
    ['POST', '/cameras/9/fault', { kind: 'drop' }, 404, 'no camera 9, there are 7 to 8'],
    ['DELETE', '/cameras/8/fault?kind=x', undefined, 400, 'unknown fault x'],
    ['GET', '/', undefined, 404, 'GET /cameras'],
  ])('%s %s with %j is refused', async (method, path, sent, status, reason) => {
    const reply = await send(method, path, sent);
    expect([reply.status, JSON.stringify(reply.body)]).toEqual([status, expect.stringContaining(reason)]);
  });
});

describe('typed', () => {
  test.each([
    ['fault 7 silent for 60', 'camera 7: silent for 60'],
    ['list', '7  rtsp://127.0.1.7'],
    ['clear 7 silent', 'camera 7: silent cleared'],
    ['clear 7', 'camera 7: no faults'],
    ['counters', '8 main: 0 frames'],
    ['help', 'lose-packets SHARE [SEED] [for SECONDS]'],
    ['', ''],
    ['quit', 'quit'],
    ['fault 1 silent', 'error: no camera 1'],
    ['fault x silent', "error: expected a camera's number, got x"],
    ['clear 7 rain', 'error: unknown fault rain'],
    ['dance', 'error: unknown word dance'],
  ])('"%s" is answered', async (line, answer) => {
    expect(await runConsoleLine(simulator, line)).toContain(answer);
  });
});

async function send(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  return { status: response.status, body: await response.json() };
}
