import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** Where the schemas are that are published with the command. */
export const schemas: string = join(import.meta.dirname, '../schema');

const made = new Map<string, readonly ValidateFunction[]>();

/** The schema as it is published, and closed: no field that it does not tell of may be printed. */
export function validators(name: string): readonly ValidateFunction[] {
  const known = made.get(name);
  if (known) return known;
  const schema = JSON.parse(readFileSync(join(schemas, `${name}.json`), 'utf8')) as object;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const both = [ajv.compile(schema), ajv.compile(closed(schema) as object)];
  made.set(name, both);
  return both;
}

/** What is wrong with a document by the schema of this name; the first few mistakes are enough. */
export function mistakesIn(name: string, document: unknown): unknown[] {
  return validators(name).flatMap((validate) =>
    validate(document) ? [] : (validate.errors ?? []).slice(0, 3),
  );
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inside = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  const isObject =
    inside['type'] === 'object' && 'properties' in inside && !('additionalProperties' in inside);
  return isObject ? { ...inside, additionalProperties: false } : inside;
}
