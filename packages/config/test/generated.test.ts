import fc from 'fast-check';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import { effective, parameter, parseMain, syntaxProblems } from '../src/index.ts';
import { inParallel, latin1, PostconfFolder, settingsIn, spaced } from './real-postconf.ts';
import { expressionPieces } from './expression-pieces.ts';

const version = '3.7.11';
/** Generated values that are held against the real postconf; each file carries many of them. */
const cases = Number(process.env['POSTERN_CASES'] ?? 5000);

/** Parameters of Postfix that take any text, so that postconf prints what was generated for them. */
const carriers = [
  'smtpd_banner',
  'mail_name',
  'alias_maps',
  'canonical_maps',
  'mydestination',
  'relay_domains',
  'transport_maps',
  'virtual_alias_maps',
  'virtual_mailbox_base',
  'header_checks',
  'body_checks',
  'local_recipient_maps',
  'mail_spool_directory',
  'home_mailbox',
  'mime_header_checks',
  'myorigin',
  'notify_classes',
  'propagate_unmatched_extensions',
  'recipient_delimiter',
  'relayhost',
  'sender_canonical_maps',
  'smtp_sasl_password_maps',
  'smtp_tls_policy_maps',
  'smtpd_client_restrictions',
  'smtpd_data_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_sender_restrictions',
  'smtp_tls_CApath',
  'smtpd_tls_cert_file',
  'smtpd_tls_key_file',
  'syslog_name',
  'virtual_mailbox_maps',
  'virtual_transport',
  'mailbox_transport',
  'fallback_transport',
  'default_transport',
  'mail_release_date',
  'smtp_tls_CAfile',
  'smtp_generic_maps',
] as const;

const own = ['u0', 'u1', 'u2', 'u3', 'emp'] as const;

const blank = fc.constantFrom(' ', '\t', '  ', '');
const level = fc.constantFrom('0', '1', '2', '3.6', '3.10', '3.6.1', '4');
const word = fc.constantFrom(
  'a',
  'b1',
  'hash:/etc/x',
  '10',
  '9',
  '2',
  'x#y',
  '"q"',
  '$$',
  'é',
  ',',
  ':',
  '=',
  '\x0b',
  '?',
);

const macro: fc.Arbitrary<string> = fc.letrec<{ macro: string; text: string }>((tie) => ({
  text: fc
    .array(
      fc.oneof({ weight: 3, arbitrary: word }, { weight: 2, arbitrary: tie('macro') }, fc.constant(' ')),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => parts.join('')),
  macro: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...own, 'myhostname', 'nope').map((name) => `\${${name}}`),
    fc.constantFrom(...own, 'mydomain').map((name) => `$${name} `),
    fc.constantFrom(...own).map((name) => `$(${name})`),
    fc
      .tuple(fc.constantFrom(...own, 'nope'), blank, fc.constantFrom('?', ':'), blank, tie('text'))
      .map(([name, a, sign, b, text]) => `\${${name}${a}${sign}${b}${text}}`),
    fc
      .tuple(fc.constantFrom(...own, 'nope'), blank, tie('text'), tie('text'))
      .map(([name, space, a, b]) => `\${${space}${name}?${space}{${a}}${space}:${space}{${b}}${space}}`),
    fc
      .tuple(
        tie('text'),
        fc.constantFrom('==', '!=', '<', '<=', '>=', '>'),
        tie('text'),
        tie('text'),
        tie('text'),
        blank,
      )
      .map(
        ([l, operator, r, a, b, space]) =>
          `\${${space}{${l}}${space}${operator}${space}{${r}}${space}?${space}{${a}}:{${b}}}`,
      ),
    fc
      .tuple(tie('text'), fc.constantFrom('==', '<'), tie('text'))
      .map(([l, operator, r]) => `\${{${l}}${operator}{${r}}}`),
    fc
      .tuple(level, fc.constantFrom('<', '<=', '==', '>='), level)
      .map(([l, operator, r]) => `\${{${l}} ${operator}level {${r}}?{yes}:{no}}`),
  ),
})).macro;

const silent = fc.constantFrom('# comment\n', '\n', '  \n', ' # indented\n', '#\r\n', '\t\n', '');

/** Text and macros over several lines, with what Postfix skips between them. */
const value = fc
  .array(
    fc.tuple(
      fc.array(fc.oneof(word, macro), { minLength: 1, maxLength: 3 }),
      silent,
      fc.constantFrom(' ', '\t', '    '),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((lines) =>
    lines
      .map(([words, between, indent], at) => {
        const text = words.join(indent === '\t' ? '' : ' ');
        return at === 0 ? text : `\n${between}${indent}${text.startsWith('#') ? `x${text}` : text}`;
      })
      .join(''),
  );

const entry = (name: string): fc.Arbitrary<string> =>
  fc
    .tuple(blank, blank, value, fc.constantFrom('\n', '\r\n', ' \n'), silent)
    .map(([a, b, text, eol, after]) => `${name}${a}=${b}${text}${eol}${after}`);

const file = fc
  .tuple(
    fc.tuple(
      ...own.slice(0, 4).map((name) => fc.oneof(word, fc.constant('')).map((text) => `${name} = ${text}\n`)),
    ),
    fc.tuple(...carriers.map(entry)),
  )
  .map(([defined, entries]) => ['compatibility_level = 3.6\n', ...defined, 'emp =\n', ...entries].join(''));

describeWith(['postconf'], 'generated configurations', () => {
  it(`have the raw and expanded values that postconf prints (${cases} values)`, async () => {
    expect(carriers.filter((name) => parameter(name, version)?.type !== 'string')).toEqual([]);
    const files = fc.sample(file, { numRuns: Math.ceil(cases / carriers.length), seed: 20_260_821 });
    using shared = new PostconfFolder();
    const defaults = Object.fromEntries(settingsIn(await shared.write('').run('-d')));
    const differences: unknown[] = [];
    let compared = 0;
    await inParallel(files, async (text) => {
      using folder = new PostconfFolder();
      folder.write(text);
      const [raw, expanded] = [settingsIn(await folder.run('-n')), settingsIn(await folder.run('-nx'))];
      const ours = effective({ main: parseMain(text), version, hostname: hostname(), defaults });
      for (const name of carriers) {
        compared++;
        const mine = ours.get(name)!;
        if (
          spaced(latin1(mine.raw)) !== raw.get(name) ||
          spaced(latin1(mine.value ?? '(none)')) !== expanded.get(name)
        ) {
          differences.push({ name, ours: mine, raw: raw.get(name), expanded: expanded.get(name), text });
        }
      }
    });
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(cases);
  }, 120_000);

  it('have $ expressions that postconf refuses where we do', async () => {
    const piece = fc.constantFrom(...expressionPieces, '<level', 'u0', 'emp', '${{', '}}', '$u1', '{a}');
    const values = fc.sample(
      fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join('')),
      { numRuns: Math.ceil(cases / 25), seed: 3 },
    );
    const differences: unknown[] = [];
    const verdicts = { refused: 0, accepted: 0 };
    await inParallel(values, async (text) => {
      using folder = new PostconfFolder();
      const main = `compatibility_level = 3.6\nu0 = x\nu1 = $emp\nemp =\nmail_name = a${text}\n`;
      const { status, lines } = await folder.write(main).run('-xh', 'mail_name');
      const ours = effective({ main: parseMain(main), version }).get('mail_name')!.value;
      verdicts[status === 0 ? 'accepted' : 'refused']++;
      const same = status === 0 ? ours !== null && spaced(ours) === (lines[0] ?? '') : ours === null;
      if (!same) differences.push({ text, ours, status, lines });
    });
    expect(differences).toEqual([]);
    expect(verdicts.refused).toBeGreaterThan(20);
    expect(verdicts.accepted).toBeGreaterThan(20);
  }, 120_000);

  it('are cut into the entries that postconf reads, whatever their lines are', async () => {
    const line = fc.oneof(
      fc
        .constantFrom('a', 'mail_name', 'relayhost', 'myorigin')
        .chain((name) =>
          fc
            .tuple(
              blank,
              fc.constantFrom('=', '=', '=', ''),
              blank,
              fc.constantFrom('x', 'y z', '', '#', '= =', 'x\0y'),
            )
            .map((rest) => name + rest.join('')),
        ),
      fc.constantFrom(
        '',
        ' ',
        '\t',
        '#',
        '# x',
        '  # y',
        '  more',
        '\tmore',
        '= z',
        ' \x0b',
        '\x0cq',
        '\ufeffmail_name = bom',
        '\u00a0nbsp = 1',
        '\r',
      ),
    );
    const texts = fc.sample(
      fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 9 }).map((lines) => {
        const text = lines.map((pair) => pair.join('')).join('');
        return lines.length % 2 === 0 ? text : text.replace(/\r?\n$/, '');
      }),
      { numRuns: Math.ceil(cases / 20), seed: 7 },
    );
    const differences: unknown[] = [];
    await inParallel(texts, async (text) => {
      using folder = new PostconfFolder();
      const real = await folder.write(text).run('-n');
      const tree = parseMain(text);
      const stray = syntaxProblems(tree).some(
        ({ code }) => code === 'missing-equals' || code === 'missing-name',
      );
      if (stray !== (real.status !== 0)) differences.push({ text, complaints: real.complaints });
      if (real.status !== 0) return;
      const set = settingsIn(real);
      set.delete('config_directory');
      const ours = effective({ main: tree, version });
      const mine = new Map(
        ours.names
          .filter((name) => parameter(name, version))
          .map((name) => [name, spaced(latin1(ours.get(name)!.raw))]),
      );
      for (const name of new Set([...set.keys(), ...mine.keys()])) {
        if (set.get(name) !== mine.get(name))
          differences.push({ text, name, ours: mine.get(name), theirs: set.get(name) });
      }
    });
    expect(differences).toEqual([]);
  }, 120_000);
});
