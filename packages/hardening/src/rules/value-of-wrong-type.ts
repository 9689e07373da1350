import { shadowedEntry } from '../knowledge/shadowed-entry.ts';
import { parameter, type ProblemCode } from '@postern/config';
import { problemRule } from '../knowledge/problem-rule.ts';
import type { Edit, Rule } from '../rule.ts';
import type { Setting } from '../subject/setting.ts';

export const valueOfWrongType: Rule = problemRule({
  id: 'value-of-wrong-type',
  level: 'error',
  versions: 'all',
  source: 'postconf(5); mail_conf_bool(3), mail_conf_int(3), mail_conf_time(3) of the source',
  title: 'A value is not what its parameter takes',
  why: 'The program that reads it stops when it starts, and "postfix check" and postconf say nothing.',
  byHand: shadowedEntry,
  codes: ['bad-boolean', 'bad-integer', 'bad-time', 'out-of-bounds', 'bad-word', 'bad-protocol'],
  fix({ code, setting }): readonly Edit[] | undefined {
    if (!setting) return undefined;
    const meant = readers[code]?.(setting);
    return [meant === undefined ? setting.unset() : setting.set(meant)];
  },
});

/** What a value most likely says. What nothing can be made of goes, and the default holds. */
const readers: Partial<Record<ProblemCode, (setting: Setting) => string | undefined>> = {
  'bad-boolean': booleanMeant,
  'bad-integer': bytesMeant,
  'out-of-bounds': nearestBound,
};

function booleanMeant({ value }: Setting): string | undefined {
  if (/^(true|on|1|y|ja|enabled?|yes\W*)$/i.test(value)) return 'yes';
  return /^(false|off|0|n|nei|disabled?|no\W*)$/i.test(value) ? 'no' : undefined;
}

function nearestBound({ name, value }: Setting): string | undefined {
  const { min, max } = parameter(name)?.bounds ?? {};
  const number = Number(value);
  if (Number.isNaN(number)) return undefined;
  if (min !== undefined && number < min) return String(min);
  return max !== undefined && number > max ? String(max) : undefined;
}

/** `50M` as the bytes that it is. */
function bytesMeant({ value }: Setting): string | undefined {
  const match = /^(\d+)\s*([kmg])i?b?$/i.exec(value);
  return match ? String(Number(match[1]) * 1024 ** ' kmg'.indexOf(match[2]!.toLowerCase())) : undefined;
}
