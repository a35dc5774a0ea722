import { type Static, Type } from '@sinclair/typebox';
import type { Log } from '../../base/log.ts';
import { StateFile } from '../state-file.ts';

const VERSION = 1;

const Fingerprint = Type.String({ pattern: '^[0-9a-f]{64}$' });

const Certificates = Type.Object({
  version: Type.Literal(VERSION),
  /** By channel, then by `host:port`. */
  certificates: Type.Record(Type.String(), Type.Record(Type.String(), Fingerprint)),
});
type Certificates = Static<typeof Certificates>;

/** A camera's address, the ones it was moved from and to, and where it redirects to: the last ones are kept. */
const MAX_PEERS_PER_CHANNEL = 8;

/**
 * The certificate that each camera showed when a session with it first succeeded, so that another one is noticed: also after a restart, and
 * without control. A file of the recorder's own on the state partition.
 */
export class CertificateStore {
  readonly #file: StateFile<Certificates>;
  #channels = new Map<string, Map<string, string>>();

  constructor(path: string, log: Log) {
    this.#file = new StateFile({ path, schema: Certificates, what: 'certificates of cameras', log });
  }

  /** A file that cannot be read is reported: the cameras' next certificates count as their first. */
  async load(): Promise<void> {
    const saved = await this.#file.read();
    this.#channels = new Map(
      Object.entries(saved?.certificates ?? {}).map(([id, peers]) => [id, new Map(Object.entries(peers))]),
    );
  }

  /** SHA-256 of the certificate that `peer` must show. */
  expected(channelId: string, peer: string): string | undefined {
    return this.#channels.get(channelId)?.get(peer);
  }

  keep(channelId: string, peer: string, sha256: string): void {
    if (this.expected(channelId, peer) === sha256) return;
    const peers = this.#channels.get(channelId) ?? new Map<string, string>();
    this.#channels.set(channelId, peers);
    peers.delete(peer);
    peers.set(peer, sha256);
    for (const oldest of [...peers.keys()].slice(0, -MAX_PEERS_PER_CHANNEL)) peers.delete(oldest);
    this.#save();
  }

  /** Channels that have left the plan take their certificates along. */
  prune(channelIds: ReadonlySet<string>): void {
    const gone = [...this.#channels.keys()].filter((id) => !channelIds.has(id));
    if (gone.length === 0) return;
    for (const id of gone) this.#channels.delete(id);
    this.#save();
  }

  /** Resolves when everything is written. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  #save(): void {
    const certificates = Object.fromEntries(
      [...this.#channels].map(([id, peers]) => [id, Object.fromEntries(peers)] as const),
    );
    this.#file.write({ version: VERSION, certificates });
  }
}
