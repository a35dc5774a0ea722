import { AppError } from '../../src/base/errors.ts';

/**
 * Command-line options out of a table, because a mistyped option must be refused by its name and not be ignored. `--x=1` and `--x 1`
 * are the same.
 */
export type OptionSpec =
  | { kind: 'flag'; help: string }
  | { kind: 'number'; help: string; min: number; max: number; isInteger?: boolean }
  | { kind: 'text'; help: string; what: string }
  | { kind: 'texts'; help: string; what: string };

export type OptionTable = Record<string, OptionSpec>;

type ValueOf<Spec extends OptionSpec> = Spec['kind'] extends 'flag'
  ? boolean
  : Spec['kind'] extends 'number'
    ? number | undefined
    : Spec['kind'] extends 'texts'
      ? string[]
      : string | undefined;

export type OptionValues<Table extends OptionTable> = { [Name in keyof Table]: ValueOf<Table[Name]> };

export function parseOptions<Table extends OptionTable>(argv: readonly string[], table: Table): OptionValues<Table> {
  const values: Record<string, boolean | number | string | string[] | undefined> = {};
  for (const [name, spec] of Object.entries(table)) {
    values[name] = spec.kind === 'flag' ? false : spec.kind === 'texts' ? [] : undefined;
  }
  for (let i = 0; i < argv.length; i++) {
    const [word, attached] = splitWord(argv[i]!);
    const spec = word.startsWith('--') ? table[word.slice(2)] : undefined;
    if (spec === undefined) throw new AppError('bad-input', `unknown option "${word}"`);
    const name = word.slice(2);
    if (spec.kind === 'flag') {
      if (attached !== undefined) throw new AppError('bad-input', `${word} takes no value, got "${attached}"`);
      values[name] = true;
      continue;
    }
    const text = attached ?? argv[++i];
    if (text === undefined) throw new AppError('bad-input', `${word} needs ${describe(spec)}`);
    if (spec.kind === 'number') values[name] = parseNumber(word, text, spec);
    else if (spec.kind === 'texts') (values[name] as string[]).push(text);
    else values[name] = text;
  }
  return values as OptionValues<Table>;
}

/** The lines of a `--help`. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, spec]) => [
    `--${name}${spec.kind === 'flag' ? '' : ` ${spec.kind === 'number' ? 'N' : spec.what}`}`,
    spec.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, help]) => `  ${left!.padEnd(width)}  ${help}`).join('\n');
}

function splitWord(word: string): [string, string | undefined] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function parseNumber(word: string, text: string, spec: OptionSpec & { kind: 'number' }): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const isFine = value >= spec.min && value <= spec.max && (spec.isInteger !== true || Number.isInteger(value));
  if (!isFine) throw new AppError('bad-input', `${word} ${text}: must be ${describe(spec)}`);
  return value;
}

function describe(spec: OptionSpec): string {
  if (spec.kind === 'number')
    return `${spec.isInteger === true ? 'a whole number' : 'a number'} from ${spec.min} to ${spec.max}`;
  return spec.kind === 'flag' ? 'nothing' : spec.what;
}
