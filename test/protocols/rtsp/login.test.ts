import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { Login, type LoginGate } from '../../../src/protocols/rtsp/login.ts';

interface Reply {
  status: number;
  headers: Map<string, readonly string[]>;
}

const challenge = (nonce: string, more = ''): Reply => ({
  status: 401,
  headers: new Map([['www-authenticate', [`Digest realm="r", nonce="${nonce}"${more}`]]]),
});
const basic: Reply = { status: 401, headers: new Map([['www-authenticate', ['Basic realm="r"']]]) };
const stale = (nonce: string) => challenge(nonce, ', stale="TRUE"');
const ok: Reply = { status: 200, headers: new Map() };
const forbidden: Reply = { status: 403, headers: new Map() };

/** A camera that gives these replies, and notes how it was asked: `-`, `basic`, or the nonce. */
function camera(...replies: Reply[]) {
  const asked: string[] = [];
  return {
    asked,
    question: (method = 'DESCRIBE') => ({
      peer: 'cam',
      method,
      uri: 'rtsp://cam/',
      ask: async (authorization: string | undefined) => {
        const nonce = /nonce="(\w+)"/.exec(authorization ?? '')?.[1];
        asked.push(authorization === undefined ? '-' : (nonce ?? 'basic'));
        return replies.shift() ?? ok;
      },
    }),
  };
}

function login(options: { gate?: LoginGate; isBasicAllowed?: boolean } = {}): Login {
  const started = new Login(
    {
      credentials: { username: 'admin', password: 'secret' },
      isBasicAllowed: true,
      signal: new AbortController().signal,
      ...options,
    },
    'cam',
  );
  started.connectTo('cam');
  return started;
}

/** Each exchange of one login: the replies to it, how it was asked, and whether it was refused. */
type Exchange = [replies: Reply[], asked: string[], end?: 'refused'];

describe('how often credentials are sent', () => {
  const cases: [string, Exchange[]][] = [
    ['never, where nobody asks for them', [[[ok], ['-']]]],
    [
      'once, and from then on with each request',
      [
        [
          [challenge('a'), ok],
          ['-', 'a'],
        ],
        [[ok], ['a']],
      ],
    ],
    ['once, when they are wrong', [[[challenge('a'), challenge('b')], ['-', 'a'], 'refused']]],
    ['once, when they are wrong and basic', [[[basic, basic], ['-', 'basic'], 'refused']]],
    [
      'once more, when the camera calls the nonce stale',
      [
        [
          [challenge('a'), stale('b'), ok],
          ['-', 'a', 'b'],
        ],
      ],
    ],
    [
      'no third time, when it is stale for ever',
      [[[challenge('a'), stale('b'), stale('c')], ['-', 'a', 'b'], 'refused']],
    ],
    [
      'once more in a session whose nonce expired, though the camera does not call it stale',
      [
        [
          [challenge('a'), ok],
          ['-', 'a'],
        ],
        [
          [challenge('b'), ok],
          ['a', 'b'],
        ],
        [[challenge('c'), challenge('d')], ['b', 'c'], 'refused'],
      ],
    ],
    [
      'not again in a session, when the nonce is the same as before',
      [
        [
          [challenge('a'), ok],
          ['-', 'a'],
        ],
        [[challenge('a')], ['a'], 'refused'],
      ],
    ],
    [
      'no more at all after a refusal, not even to say goodbye',
      [
        [[challenge('a'), challenge('b')], ['-', 'a'], 'refused'],
        [[challenge('c')], ['-'], 'refused'],
      ],
    ],
  ];
  it.each(cases)('%s', async (_, exchanges) => {
    const one = login();
    for (const [replies, expected, end] of exchanges) {
      const { asked, question } = camera(...replies);
      const result = await one.exchange(question()).catch((error: AppError) => error);
      expect(asked).toEqual(expected);
      if (end === 'refused') expect(result).toMatchObject({ kind: 'unauthorized' });
      else expect(result).toBe(ok);
    }
  });

  it('an OPTIONS that is answered to everybody proves nothing', async () => {
    const one = login();
    await one.exchange(camera(challenge('a'), forbidden).question());
    await one.exchange(camera(ok).question('OPTIONS'));
    expect(one.authentication).toBe('none');
    const { asked, question } = camera(challenge('b'));
    await expect(one.exchange(question())).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(asked).toEqual(['a']);
  });

  it('an OPTIONS that was challenged does', async () => {
    const one = login();
    await one.exchange(camera(challenge('a'), ok).question('OPTIONS'));
    expect(one.authentication).toBe('digest');
  });

  it('an answer that is there already counts as the first', async () => {
    const one = login();
    await one.exchange(camera(challenge('a'), ok).question());
    const { asked, question } = camera(ok);
    await one.exchange({ ...question('OPTIONS'), answered: challenge('b') });
    expect(asked).toEqual(['b']);
  });
});

describe('another connection', () => {
  it('to the same host takes the nonce along, and a new one where that is not known there', async () => {
    const one = login();
    await one.exchange(camera(challenge('a'), ok).question());
    one.connectTo('CAM');
    const { asked, question } = camera(challenge('b'), ok);
    await one.exchange(question());
    expect(asked).toEqual(['a', 'b']);
  });

  it.each([
    ['basic', basic],
    ['digest', challenge('b')],
    ['digest with the nonce that is known', challenge('a')],
    ['a stale digest', stale('b')],
  ])('to another host shows nothing that was made with the password: %s', async (_, asksForIt) => {
    const one = login();
    await one.exchange(camera(challenge('a'), ok).question());
    one.connectTo('elsewhere');
    expect(one.sign('TEARDOWN', 'rtsp://elsewhere/')).toBeUndefined();
    const { asked, question } = camera(asksForIt, ok);
    await expect(one.exchange({ ...question(), peer: 'elsewhere:554' })).rejects.toMatchObject({
      kind: 'unauthorized',
      message: expect.stringMatching(
        /^cam redirects to elsewhere:554, .*: set the address that the camera redirects to$/,
      ),
    });
    expect(asked).toEqual(['-']);
  });

  it('to another host that asks for no password goes on without', async () => {
    const one = login();
    await one.exchange(camera(challenge('a'), ok).question());
    one.connectTo('elsewhere');
    const { asked, question } = camera(ok, ok);
    await one.exchange(question());
    await one.exchange(question('SETUP'));
    expect(asked).toEqual(['-', '-']);
  });

  it('back to the own host goes on as before', async () => {
    const one = login();
    await one.exchange(camera(challenge('a'), ok).question());
    one.connectTo('elsewhere');
    await one.exchange(camera(ok).question());
    one.connectTo('cam');
    const { asked, question } = camera(ok);
    await one.exchange(question());
    expect(asked).toEqual(['a']);
  });
});

describe('authentication', () => {
  it.each([
    ['none', [ok]],
    ['basic', [basic, ok]],
    ['digest', [challenge('a'), ok]],
  ])('%s', async (expected, replies) => {
    const one = login();
    await one.exchange(camera(...replies).question());
    expect(one.authentication).toBe(expected);
  });
});

describe('the gate', () => {
  function gate(refusal?: AppError) {
    const log: string[] = [];
    const made: LoginGate = {
      enter: async (host) => {
        log.push(`enter ${host}`);
        if (refusal) throw refusal;
      },
      leave: (host, outcome) => log.push(`leave ${host} ${outcome}`),
    };
    return { log, made };
  }

  const cases: [string, Reply[], string[]][] = [
    ['is not asked while no credentials are sent', [ok], []],
    ['learns that they were accepted', [challenge('a'), ok], ['enter cam', 'leave cam accepted']],
    ['learns that they were refused', [challenge('a'), challenge('b')], ['enter cam', 'leave cam refused']],
    ['is entered once for both tries', [challenge('a'), stale('b'), ok], ['enter cam', 'leave cam accepted']],
    ['learns nothing from what says nothing', [challenge('a'), forbidden], ['enter cam', 'leave cam unknown']],
  ];
  it.each(cases)('%s', async (_, replies, expected) => {
    const { log, made } = gate();
    await login({ gate: made })
      .exchange(camera(...replies).question())
      .catch(() => undefined);
    expect(log).toEqual(expected);
  });

  it('is not asked again while the camera accepts them', async () => {
    const { log, made } = gate();
    const one = login({ gate: made });
    await one.exchange(camera(challenge('a'), ok).question());
    await one.exchange(camera(ok).question());
    expect(log).toEqual(['enter cam', 'leave cam accepted']);
    await one.exchange(camera(challenge('b'), ok).question());
    expect(log.slice(2)).toEqual(['enter cam', 'leave cam accepted']);
  });

  it('that stays closed: nothing is sent', async () => {
    const { log, made } = gate(new AppError('unauthorized', 'refused a moment ago'));
    const { asked, question } = camera(challenge('a'));
    await expect(login({ gate: made }).exchange(question())).rejects.toThrow('refused a moment ago');
    expect(asked).toEqual(['-']);
    expect(log).toEqual(['enter cam']);
  });

  it('is left when the connection is lost in between', async () => {
    const { log, made } = gate();
    const replies = [challenge('a')];
    const lost = login({ gate: made }).exchange({
      ...camera().question(),
      ask: async () => {
        const reply = replies.shift();
        if (reply === undefined) throw new AppError('unreachable', 'lost');
        return reply;
      },
    });
    await expect(lost).rejects.toThrow('lost');
    expect(log).toEqual(['enter cam', 'leave cam unknown']);
  });
});
