import type { PlanProblem } from '../error.ts';

/** What a piece of untrusted JSON must look like. `read` reports what is wrong and gives back a fresh value. */
export interface Shape<T> {
  read(value: unknown, at: string, problems: PlanProblem[]): T;
  readonly optional?: true;
}

/** A string; with `limits`, one that fits the pattern, described in words for the message. */
export function text(limits?: { readonly pattern: RegExp; readonly words: string }): Shape<string> {
  return {
    read(value, at, problems) {
      if (typeof value !== 'string') problems.push(badField(at, 'must be a text'));
      else if (limits && !limits.pattern.test(value)) problems.push(badField(at, `must be ${limits.words}`));
      return value as string;
    },
  };
}

/** A string for which `refuse` gives no objection. */
export function checkedText(refuse: (value: string) => string | undefined): Shape<string> {
  return {
    read(value, at, problems) {
      const objection = typeof value === 'string' ? refuse(value) : 'must be a text';
      if (objection !== undefined) problems.push(badField(at, objection));
      return value as string;
    },
  };
}

export function flag(): Shape<boolean> {
  return {
    read(value, at, problems) {
      if (typeof value !== 'boolean') problems.push(badField(at, 'must be true or false'));
      return value as boolean;
    },
  };
}

/** A whole number from 0 to `max`. */
export function count(max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return {
    read(value, at, problems) {
      if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max) {
        problems.push(badField(at, `must be a whole number from 0 to ${max}`));
      }
      return value as number;
    },
  };
}

export function oneOf<T extends string>(...words: readonly T[]): Shape<T> {
  return {
    read(value, at, problems) {
      if (!words.includes(value as T)) problems.push(badField(at, `must be one of ${words.join(', ')}`));
      return value as T;
    },
  };
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return { read: (value, at, problems) => (value === null ? null : shape.read(value, at, problems)) };
}

/** A field that may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T> {
  return { ...shape, optional: true };
}

export function list<T>(shape: Shape<T>, limit: number = 10_000): Shape<T[]> {
  return {
    read(value, at, problems) {
      if (!Array.isArray(value)) problems.push(badField(at, 'must be a list'));
      else if (value.length > limit) problems.push(badField(at, `must have at most ${limit} entries`));
      else return value.map((entry, index) => shape.read(entry, `${at}[${index}]`, problems));
      return [];
    },
  };
}

/** An object with just these fields. */
export function object<T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const shapes = Object.entries<Shape<unknown>>(fields as Record<string, Shape<unknown>>);
  return {
    read(value, at, problems) {
      if (!isObject(value)) {
        problems.push(badField(at, 'must be an object'));
        return {} as T;
      }
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(fields, name))
          problems.push(badField(join(at, name), 'is not a field that a plan has'));
      }
      const read = shapes.flatMap(([name, shape]) => {
        if (Object.hasOwn(value, name))
          return [[name, shape.read(value[name], join(at, name), problems)] as const];
        if (!shape.optional) problems.push(badField(join(at, name), 'is missing'));
        return [];
      });
      return Object.fromEntries(read) as T;
    },
  };
}

/** One of several objects, told apart by the text in one field. */
export function variant<T extends object>(tag: string, shapes: Readonly<Record<string, Shape<T>>>): Shape<T> {
  return {
    read(value, at, problems) {
      const word = isObject(value) ? value[tag] : undefined;
      const shape = typeof word === 'string' && Object.hasOwn(shapes, word) ? shapes[word] : undefined;
      if (shape) return shape.read(value, at, problems);
      problems.push(badField(join(at, tag), `must be one of ${Object.keys(shapes).join(', ')}`));
      return {} as T;
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(at: string, name: string): string {
  const safe = /^[\w-]{1,64}$/.test(name) ? name : JSON.stringify(name.slice(0, 64));
  return at === '' ? safe : `${at}.${safe}`;
}

function badField(at: string, rule: string): PlanProblem {
  const place = at === '' ? 'the plan' : at;
  return {
    code: 'bad-field',
    message: `${place} ${rule}`,
    advice: `correct ${place}, or make the plan again`,
    at,
  };
}
