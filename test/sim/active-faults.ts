import type { Fault, FaultName } from './faults.ts';

type FaultOf<Name extends FaultName> = Extract<Fault, { kind: Name }>;

const PACKET_FAULTS: readonly FaultName[] = [
  'lose-packets',
  'lose-bursts',
  'duplicate-packets',
  'reorder-packets',
  'jitter',
  'bitrate',
  'garbage',
];

/** The faults of one camera that are switched on, with their generators of chance. */
export class ActiveFaults {
  readonly #faults = new Map<FaultName, { fault: Fault; random: () => number; memory: { packetsLeft: number } }>();

  set(fault: Fault): void {
    this.#faults.set(fault.kind, { fault, random: seededRandom(seedOf(fault)), memory: { packetsLeft: 0 } });
  }

  delete(kind: FaultName): void {
    this.#faults.delete(kind);
  }

  has(kind: FaultName): boolean {
    return this.#faults.has(kind);
  }

  get<Name extends FaultName>(kind: Name): FaultOf<Name> | undefined {
    return this.#faults.get(kind)?.fault as FaultOf<Name> | undefined;
  }

  random(kind: FaultName): () => number {
    return this.#faults.get(kind)?.random ?? (() => 1);
  }

  /** What a fault has begun and not ended yet. */
  memory(kind: FaultName): { packetsLeft: number } {
    return this.#faults.get(kind)?.memory ?? { packetsLeft: 0 };
  }

  /** Whether frames must be taken apart before they are sent. */
  get touchesPackets(): boolean {
    return PACKET_FAULTS.some((kind) => this.#faults.has(kind));
  }

  list(): Fault[] {
    return [...this.#faults.values()].map(({ fault }) => fault);
  }
}

/** Without a seed of its own, a fault does the same each time. */
export function seedOf(fault: Fault): number {
  return 'seed' in fault ? (fault.seed ?? 1) : 1;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
