import { AppError } from '../../src/base/errors.ts';

/** What can be made to go wrong with a camera while it runs. Any number of kinds may be active at once, one of each. */
export type Fault = FaultKind & {
  /** Ends by itself after this time. */
  readonly forSeconds?: number;
};

type FaultKind =
  /** All connections are cut, now. */
  | { readonly kind: 'drop' }
  /** Connections from now on are shown another certificate. Refused by a camera without TLS. */
  | { readonly kind: 'new-certificate' }
  /** As when the camera is switched off: connections are cut and nobody listens. */
  | { readonly kind: 'refuse' }
  /** Connected, and no data comes. With `hang`, requests are not answered either. */
  | { readonly kind: 'silent'; readonly hang?: boolean }
  /** A share (0 to 1) of packets is missing, chosen by a seeded generator. */
  | { readonly kind: 'lose-packets'; readonly share: number; readonly seed?: number }
  /** A share of packets comes after its successor. */
  | { readonly kind: 'reorder-packets'; readonly share: number; readonly seed?: number }
  /** At a share of packets begins a run of missing ones. */
  | { readonly kind: 'lose-bursts'; readonly share: number; readonly packets: number; readonly seed?: number }
  /** A share of packets comes twice. */
  | { readonly kind: 'duplicate-packets'; readonly share: number; readonly seed?: number }
  /** Each packet comes up to so much later. Over UDP they overtake each other by it. */
  | { readonly kind: 'jitter'; readonly ms: number; readonly seed?: number }
  /** RTP timestamps and sender reports jump, and jump back when cleared. */
  | { readonly kind: 'jump-timestamps'; readonly seconds: number }
  /** RTP timestamps stand still; afterwards they go on where they would be. */
  | { readonly kind: 'freeze-timestamps' }
  /** New SSRCs and sequence numbers in mid-session, once. */
  | { readonly kind: 'restart-stream'; readonly seed?: number }
  /** The camera's time of day, in its sender reports, is set to another, and set back when cleared. */
  | { readonly kind: 'step-clock'; readonly seconds: number }
  /** Half the picture size, with new parameter sets in-band, and the first one again when cleared. Main stream only. */
  | { readonly kind: 'change-format' }
  /** Key frames come once in 60 s at most. Main stream only. */
  | { readonly kind: 'stop-key-frames' }
  /** So many times the usual bits, by filler data that decoders skip. */
  | { readonly kind: 'bitrate'; readonly factor: number }
  /** Every password is wrong. Sessions that play go on. */
  | { readonly kind: 'refuse-password' }
  /** Before or in a share of frames: random bytes between packets, or slices with random content. */
  | { readonly kind: 'garbage'; readonly what?: 'bytes' | 'nals'; readonly share?: number; readonly seed?: number };

export type FaultName = Fault['kind'];

interface Field {
  readonly name: string;
  readonly check: 'boolean' | readonly string[] | { readonly min: number; readonly max: number };
  readonly isRequired?: boolean;
}

const SHARE: Field = { name: 'share', check: { min: 0, max: 1 } };
const SEED: Field = { name: 'seed', check: { min: 0, max: 2 ** 32 - 1 } };

/** Fields in the order in which they are typed on the command line. */
const FIELDS: Readonly<Record<FaultName, readonly Field[]>> = {
  drop: [],
  'new-certificate': [],
  refuse: [],
  silent: [{ name: 'hang', check: 'boolean' }],
  'lose-packets': [{ ...SHARE, isRequired: true }, SEED],
  'reorder-packets': [{ ...SHARE, isRequired: true }, SEED],
  'lose-bursts': [
    { ...SHARE, isRequired: true },
    { name: 'packets', check: { min: 1, max: 1000 }, isRequired: true },
    SEED,
  ],
  'duplicate-packets': [{ ...SHARE, isRequired: true }, SEED],
  jitter: [{ name: 'ms', check: { min: 0, max: 5000 }, isRequired: true }, SEED],
  'freeze-timestamps': [],
  'restart-stream': [SEED],
  'step-clock': [{ name: 'seconds', check: { min: -1e9, max: 1e9 }, isRequired: true }],
  'change-format': [],
  'stop-key-frames': [],
  'jump-timestamps': [{ name: 'seconds', check: { min: -86_400, max: 86_400 }, isRequired: true }],
  bitrate: [{ name: 'factor', check: { min: 1, max: 50 }, isRequired: true }],
  'refuse-password': [],
  garbage: [{ name: 'what', check: ['bytes', 'nals'] }, SHARE, SEED],
};
/** What happens once, and does not last. */
const MOMENTARY: readonly FaultName[] = ['drop', 'new-certificate', 'restart-stream'];
const FOR_SECONDS: Field = { name: 'forSeconds', check: { min: 0.1, max: 86_400 } };

export const FAULT_NAMES = Object.keys(FIELDS) as FaultName[];

/** Checks a fault that came as JSON. */
export function parseFault(value: unknown): Fault {
  if (typeof value !== 'object' || value === null || !('kind' in value)) {
    throw new AppError('bad-input', `a fault is an object with a kind: ${FAULT_NAMES.join(', ')}`);
  }
  const fields = fieldsOf(value.kind);
  const given = value as Record<string, unknown>;
  for (const field of fields) checkField(String(value.kind), field, given[field.name]);
  for (const name of Object.keys(given)) {
    if (name !== 'kind' && !fields.some((field) => field.name === name)) {
      throw new AppError('bad-input', `fault ${value.kind}: unknown field ${name}`);
    }
  }
  return given as Fault;
}

/** Reads a fault as it is typed: `lose-packets 0.05`, `silent for 10`, `garbage nals 0.2`. */
export function parseFaultWords(words: readonly string[]): Fault {
  const [kind, ...rest] = words;
  const fault: Record<string, unknown> = { kind };
  const forAt = rest.indexOf('for');
  if (forAt >= 0) fault.forSeconds = Number(rest[forAt + 1]?.replace(/s$/, ''));
  const values = forAt >= 0 ? rest.slice(0, forAt) : rest;
  const fields = fieldsOf(kind).filter((field) => field !== FOR_SECONDS);
  if (values.length > fields.length) {
    throw new AppError(
      'bad-input',
      `fault ${kind} takes ${fields.length} values, got ${values.length}: ${faultUsage(kind)}`,
    );
  }
  for (const [i, text] of values.entries()) fault[fields[i]!.name] = readWord(fields[i]!, text);
  return parseFault(fault);
}

/** `lose-packets SHARE [SEED] [for SECONDS]` */
export function faultUsage(kind: string | undefined): string {
  const words = fieldsOf(kind)
    .filter((field) => field !== FOR_SECONDS)
    .map((field) => {
      const word = usageWord(field);
      return field.isRequired ? word : `[${word}]`;
    });
  return [kind, ...words, ...(isMomentary(kind) ? [] : ['[for SECONDS]'])].join(' ');
}

function usageWord(field: Field): string {
  if (field.check === 'boolean') return field.name;
  return 'min' in field.check ? field.name.toUpperCase() : field.check.join('|');
}

function fieldsOf(kind: unknown): readonly Field[] {
  const known = FAULT_NAMES.find((name) => name === kind);
  if (!known) throw new AppError('bad-input', `unknown fault ${String(kind)}, known: ${FAULT_NAMES.join(', ')}`);
  return isMomentary(known) ? FIELDS[known] : [...FIELDS[known], FOR_SECONDS];
}

function isMomentary(kind: string | undefined): boolean {
  return MOMENTARY.some((name) => name === kind);
}

function readWord(field: Field, text: string): unknown {
  if (field.check === 'boolean') return text === 'true' || text === field.name;
  return typeof field.check === 'object' && 'min' in field.check ? Number(text) : text;
}

function checkField(kind: string, field: Field, value: unknown): void {
  const { check, name } = field;
  const refuse = (allowed: string): never => {
    throw new AppError('bad-input', `fault ${kind}: ${name} is ${String(value)}, allowed: ${allowed}`);
  };
  if (value === undefined) {
    if (field.isRequired) throw new AppError('bad-input', `fault ${kind}: ${name} is missing (${faultUsage(kind)})`);
  } else if (check === 'boolean') {
    if (typeof value !== 'boolean') refuse('true, false');
  } else if ('min' in check) {
    if (typeof value !== 'number' || !(value >= check.min && value <= check.max))
      refuse(`${check.min} to ${check.max}`);
  } else if (!check.includes(String(value))) refuse(check.join(', '));
}
