import { printVersion, type Version } from '../catalogue/version.ts';
import { wordsIn, type ParameterInfo } from '../catalogue/parameter.ts';
import { locateWords } from '../edit/list-layout.ts';
import { defaultUnit, isPlainDuration, parseDuration } from '../types/duration.ts';
import { issuesOfEach, quote, type Issue } from './issue.ts';
import { didYouMean } from './suggestion.ts';

/** @see mail_conf_bool.c: yes or no, in any case of letters; anything else stops the program */
export function checkBoolean(info: ParameterInfo, text: string): Issue[] {
  if (/^(yes|no)$/i.test(text)) return [];
  return [
    {
      code: 'bad-boolean',
      level: 'error',
      message: `${info.name} is yes or no, not ${quote(text)}: each program that reads it stops`,
      advice: /^(true|on|1|enabled?)$/i.test(text)
        ? 'Write yes.'
        : /^(false|off|0|disabled?)$/i.test(text)
          ? 'Write no.'
          : 'Write yes or no.',
    },
  ];
}

/** @see mail_conf_int.c, mail_conf_long.c: strtol(3) must take all of the text */
export function checkInteger(info: ParameterInfo, text: string): Issue[] {
  const number = /^[+-]?\d{1,19}$/.test(text) ? Number(text) : undefined;
  const greatest = info.type === 'long' ? 2 ** 63 : 2 ** 31;
  if (number === undefined || number >= greatest || number < -greatest) {
    return [
      {
        code: 'bad-integer',
        level: 'error',
        message: `${info.name} is a whole number, not ${quote(text)}: each program that reads it stops`,
        advice: 'Write digits alone, without a unit or separators.',
      },
    ];
  }
  return checkBounds(info, number, String);
}

/** @see mail_conf_time.c, conv_time.c */
export function checkTime(info: ParameterInfo, text: string): Issue[] {
  const seconds = parseDuration(text, defaultUnit(info.default));
  if (seconds === undefined) {
    return [
      {
        code: 'bad-time',
        level: 'error',
        message: `${info.name} is a time, not ${quote(text)}: each program that reads it stops`,
        advice: 'Write a whole number and one of s, m, h, d or w, as in 300s.',
      },
    ];
  }
  const beyond = checkBounds(info, seconds, (bound) => `${bound}s`);
  if (isPlainDuration(text) || beyond.length > 0) return beyond;
  return [
    {
      code: 'bad-time',
      level: 'warning',
      message: `Postfix reads ${quote(text)} as ${seconds} seconds: what follows the unit is not looked at`,
      advice: `Write ${seconds}s, or what you mean.`,
    },
  ];
}

function checkBounds(
  { name, bounds = {} }: ParameterInfo,
  number: number,
  print: (bound: number) => string,
): Issue[] {
  const { min, max } = bounds;
  const broken =
    min !== undefined && number < min
      ? `at least ${print(min)}`
      : max !== undefined && number > max
        ? `at most ${print(max)}`
        : undefined;
  if (broken === undefined) return [];
  return [
    {
      code: 'out-of-bounds',
      level: 'error',
      message: `${name} must be ${broken}: each program that reads it stops`,
      advice: `Write ${broken}.`,
    },
  ];
}

/** TLS levels that smtpd(8) knows by name but does not support: it takes them for `encrypt`. */
const clientTlsLevels = new Set(['verify', 'secure', 'fingerprint', 'dane', 'dane-only']);

/** An enum has exactly one of its words, or nothing where nothing is a default. @see name_code.c */
export function checkEnum(info: ParameterInfo, text: string, version: Version): Issue[] {
  if (text === '' && info.defaults.some(({ value }) => value === '' || value?.startsWith('$'))) return [];
  return checkWord(info, { text, start: 0, end: text.length }, version);
}

/** @see name_mask.c */
export function checkEnumList(info: ParameterInfo, text: string, version: Version): Issue[] {
  return issuesOfEach(locateWords(text), (word) => checkWord(info, word, version));
}

function checkWord(
  info: ParameterInfo,
  { text, start, end }: { text: string; start: number; end: number },
  version: Version,
): Issue[] {
  const lower = text.toLowerCase();
  const known = wordsIn(info, version);
  if (known.includes(lower)) return [];
  const list = known.join(', ');
  if (info.values?.some(({ word }) => word === lower)) {
    return [
      {
        code: 'word-not-in-version',
        level: 'error',
        message: `Postfix ${printVersion(version)} does not know ${quote(text)} for ${info.name}`,
        advice: `Write one of ${list}.`,
        start,
        end,
      },
    ];
  }
  if (info.name.endsWith('_tls_security_level') && clientTlsLevels.has(lower)) {
    return [
      {
        code: 'bad-word',
        level: 'warning',
        message: `a server cannot do TLS level ${quote(text)} and takes it for encrypt`,
        advice: 'Write encrypt, or may on a public MX.',
        start,
        end,
      },
    ];
  }
  return [
    {
      code: 'bad-word',
      // Unknown EHLO keywords are passed over with a warning; any other mask or code stops the program.
      level: info.name.includes('_keywords') ? 'warning' : 'error',
      message: `${quote(text)} is nothing that ${info.name} can be${didYouMean(lower, known)}`,
      advice: `Write one of ${list}.`,
      start,
      end,
    },
  ];
}

/** @see compat_level.c: major, minor and patch level, each a number */
export function checkCompatibilityLevel(info: ParameterInfo, text: string): Issue[] {
  const shape = info.type === 'integer' ? /^\d{1,9}$/ : /^\d{1,4}(\.\d{1,4}){0,2}$/;
  if (shape.test(text)) return [];
  return [
    {
      code: 'bad-compatibility-level',
      level: 'error',
      message: `${quote(text)} is no compatibility level: each program stops`,
      advice:
        info.type === 'integer' ? 'Before Postfix 3.6 write 0, 1 or 2.' : 'Write a release such as 3.6.',
    },
  ];
}

/** @see tls_misc.c: `!` excludes; since 3.6 `>=` and `<=` bound, also by a number */
export function checkProtocols(info: ParameterInfo, text: string, bounds: boolean): Issue[] {
  return issuesOfEach(locateWords(text.replaceAll(':', ',')), (word) => {
    const [, operator = '', protocol = ''] = /^(>=|<=|!?)(.*)$/.exec(word.text) ?? [];
    const range = { start: word.start, end: word.end };
    if (
      !/^(SSLv[23]|TLSv1(\.[0-3])?|(0x[0-9a-f]{1,4}|\d{1,5}))$/i.test(protocol) ||
      /^TLSv1\.0$/i.test(protocol)
    ) {
      return [
        {
          code: 'bad-protocol',
          level: 'error',
          message: `${quote(word.text)} is no TLS protocol version: ${info.name} disables TLS`,
          advice: 'Write >=TLSv1.2 (since 3.6), or exclude versions: !SSLv2, !SSLv3, !TLSv1, !TLSv1.1.',
          ...range,
        },
      ];
    }
    if (operator.endsWith('=') && !bounds) {
      return [
        {
          code: 'bad-protocol',
          level: 'error',
          message: `${quote(word.text)} needs Postfix 3.6: before, ${info.name} disables TLS`,
          advice: 'Exclude versions instead: !SSLv2, !SSLv3, !TLSv1, !TLSv1.1.',
          ...range,
        },
      ];
    }
    return [];
  });
}
