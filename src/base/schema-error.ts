import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

/** Longest part of a wrong value that is repeated in a message. */
const MAX_VALUE_CHARS = 80;

/**
 * The first thing that is wrong with a value, for the person who wrote it: the field, its value, what is allowed. Undefined when
 * the value fits. `channels[2].allotmentMbps: 0 is not allowed, expected number greater than 0`.
 */
export function describeMismatch(schema: TSchema, value: unknown): string | undefined {
  const error = Value.Errors(schema, value).First();
  if (!error) return undefined;
  const field = fieldName(error.path);
  const isUnknownField = /Unexpected property/i.test(error.message);
  if (isUnknownField) {
    return `${field} is not a known field${knownFieldsHint(schema, error.path)}`;
  }
  if (error.value === undefined) return `${field} is missing, expected ${allowed(error.schema)}`;
  return `${field}: ${isSecret(field) ? 'the value' : shown(error.value)} is not allowed, expected ${allowed(error.schema)}`;
}

/** `/channels/2/url` to `channels[2].url`. */
function fieldName(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  const name = parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/')}`)).join('');
  return name.replace(/^\./, '') || 'the whole';
}

/** What must not get into a log, not even wrong. */
function isSecret(field: string): boolean {
  return /password|secret/i.test(field);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}

function allowed(schema: TSchema): string {
  if (typeof schema.description === 'string') return schema.description;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.anyOf)) return (schema.anyOf as TSchema[]).map(allowed).join(' or ');
  const parts = [typeName(schema)];
  if ('minimum' in schema) parts.push(`at least ${schema.minimum}`);
  if ('exclusiveMinimum' in schema) parts.push(`greater than ${schema.exclusiveMinimum}`);
  if ('maximum' in schema) parts.push(`at most ${schema.maximum}`);
  if ('minLength' in schema) parts.push(`of at least ${schema.minLength} characters`);
  if ('maxLength' in schema) parts.push(`of at most ${schema.maxLength} characters`);
  if ('minItems' in schema) parts.push(`of at least ${schema.minItems} items`);
  if ('maxItems' in schema) parts.push(`of at most ${schema.maxItems} items`);
  if ('pattern' in schema) parts.push(`like ${schema.pattern}`);
  return parts.join(' ');
}

function typeName(schema: TSchema): string {
  const type: unknown = schema.type;
  return type === 'string' ? 'text' : type === 'array' ? 'a list' : typeof type === 'string' ? type : 'another value';
}

/** The names that are allowed in the place of an unknown one, when that place is an object of the schema itself. */
function knownFieldsHint(schema: TSchema, pointer: string): string {
  let current: TSchema | undefined = schema;
  for (const part of pointer.split('/').slice(1, -1)) {
    const properties = current?.properties as Record<string, TSchema> | undefined;
    current = /^\d+$/.test(part) ? (current?.items as TSchema | undefined) : properties?.[part];
  }
  const properties = current?.properties as Record<string, TSchema> | undefined;
  return properties ? `, expected one of ${Object.keys(properties).join(', ')}` : '';
}
