import { effective, parameter, parseMain, parseMaster, satisfies } from '@postern/config';
import { audit, modernise } from '@postern/hardening';
import { applyPlan } from '@postern/plan';
import { simulate, type Transaction, type Verdict, type World } from '@postern/simulator';
import { describeWith } from '@postern/testbed';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { hostWith, plainHost, readCorpus, type TextHost } from './hosts.ts';
import { postconf } from './postconf.ts';

// A busy machine takes several times as long as an idle one.
vi.setConfig({ testTimeout: 240_000 });

const oldVersions = ['2.7.16', '2.9.15', '2.10.10', '2.11.11', '3.0.15', '3.3.22', '3.5.25', '3.7.11'];
const newVersions = ['2.11.11', '3.0.15', '3.4.29', '3.6.15', '3.7.11', '3.9.4', '3.11.6', '3.12.0'];

/** The configuration after the plan. */
function modern(host: TextHost, from: string, to: string): TextHost {
  const files = { 'main.cf': host.main, 'master.cf': host.master };
  const after = applyPlan(files, modernise(host, { from, to }));
  return { ...host, main: after['main.cf']!, master: after['master.cf']!, version: to };
}

const world: World = {
  resolver: {
    resolve: (name, type) =>
      name.endsWith('example.org') && type === 'A'
        ? ({ status: 'found', records: ['198.51.100.7'], ttl: 60 } as never)
        : name === '66.2.0.192.zen.spamhaus.org' && type === 'A'
          ? ({ status: 'found', records: ['127.0.0.4'], ttl: 60 } as never)
          : { status: 'nxdomain', ttl: 60 },
  },
  interfaces: [
    { address: '127.0.0.1', prefix: 8 },
    { address: '203.0.113.25', prefix: 24 },
  ],
  hostname: 'mx.example.com',
  users: ['kari', 'postmaster'],
  policy: () => 'DUNNO',
};

const transactions: fc.Arbitrary<Transaction> = fc
  .record({
    client: fc.constantFrom(
      { address: '198.51.100.7', name: 'mx.example.org', reverseName: 'mx.example.org' },
      { address: '192.0.2.66', nameStatus: 'permanent' as const, reverseStatus: 'permanent' as const },
      { address: '203.0.113.77', name: 'neighbour.example.net', reverseName: 'neighbour.example.net' },
      { address: '127.0.0.1', name: 'localhost', reverseName: 'localhost' },
    ),
    helo: fc.constantFrom('mx.example.org', 'bare', '198.51.100.7', '[198.51.100.7]'),
    from: fc.constantFrom('ola@example.org', '', 'kari@example.com', 'bare'),
    to: fc.constantFrom(
      ['kari@example.com'],
      ['nobody@example.com'],
      ['victim@elsewhere.example'],
      ['kari@sub.example.com'],
      ['victim%elsewhere.example@example.com'],
      ['friend@partner.example'],
    ),
    tls: fc.boolean(),
    // Somebody who has logged in, where that is offered.
    user: fc.option(fc.constant('kari'), { nil: undefined, freq: 3 }),
  })
  .map(({ user, ...mail }) => ({ ...mail, ...(user !== undefined && { user }) }));

const entries = fc.constantFrom(
  ...'permit_mynetworks permit_sasl_authenticated reject_unauth_destination reject_unknown_sender_domain'.split(
    ' ',
  ),
  ...'reject_invalid_hostname reject_non_fqdn_hostname reject_unknown_client reject_non_fqdn_sender'.split(
    ' ',
  ),
  ...'reject_rbl_client=zen.spamhaus.org=127.0.0.[2..11] reject_maps_rbl strict permit_auth_destination'.split(
    ' ',
  ),
  ...'check_client_access=static:OK check_helo_access=hash:/etc/postfix/helo reject_unlisted_recipient'.split(
    ' ',
  ),
  ...'check_recipient_access=hash:/etc/postfix/to permit_naked_ip_address'.split(' '),
);
const list = fc
  .array(entries, { maxLength: 5 })
  .map((words) => words.map((word) => word.replace('=', ' ')).join(', '));
const recipientList = list.map(
  (words) => `permit_mynetworks, ${words === '' ? '' : `${words}, `}reject_unauth_destination`,
);

const mains = fc
  .record(
    {
      smtpd_client_restrictions: list,
      smtpd_helo_restrictions: list,
      smtpd_sender_restrictions: list,
      smtpd_recipient_restrictions: recipientList,
      relay_domains: fc.constantFrom('partner.example', '$mydestination'),
      mynetworks: fc.constantFrom('127.0.0.0/8', '127.0.0.0/8, 203.0.113.64/27'),
      smtpd_use_tls: fc.constantFrom('yes', 'no'),
      smtpd_tls_protocols: fc.constantFrom('!SSLv2, !SSLv3', '!SSLv2'),
      smtpd_helo_required: fc.constantFrom('yes', 'no'),
      parent_domain_matches_subdomains: fc.constantFrom('relay_domains', ''),
      compatibility_level: fc.constantFrom('0', '2'),
      smtpd_reject_unlisted_recipient: fc.constantFrom('yes', 'no'),
    },
    { requiredKeys: ['smtpd_recipient_restrictions'] },
  )
  .map((settings) =>
    [
      'myhostname = mx.example.com',
      'mydestination = example.com, localhost',
      'maps_rbl_domains = zen.spamhaus.org',
      'smtpd_restriction_classes = strict',
      'strict = reject_unknown_sender_domain, reject_non_fqdn_sender',
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
      '',
    ].join('\n'),
  );

const tables: Readonly<Record<string, string>> = {
  '/etc/postfix/helo': 'bare REJECT say your name\nmx.example.org OK\n',
  '/etc/postfix/to': 'friend@partner.example OK\n',
};

function verdictOn(host: TextHost, version: string, transaction: Transaction): Verdict {
  const { main, master, files } = host;
  return simulate({ main, master, version, files }, transaction, world) as Verdict;
}

/** What a sender sees; with something unknown, all that it might be, unless that is more than the simulator tries. */
function seen({ outcome, reply, possible, unknown }: Verdict): unknown {
  const all = unknown.length < 6;
  return {
    outcome,
    code: reply.code,
    possible: all && possible.map((each) => [each.outcome, each.reply.code]),
  };
}

/** What the plan names and what decided something in one of the verdicts: only that explains a difference. */
function announced(about: readonly string[], verdicts: readonly Verdict[]): string | undefined {
  return about.find((name) =>
    verdicts.some(
      ({ steps, reply, possible }) =>
        // An smtpd that does not start for want of what is not read yet.
        reply.text.includes(`does not start: ${name}`) ||
        possible.some(({ decidedBy }) => decidedBy?.list === name || decidedBy?.restriction === name) ||
        steps.some(
          ({ restriction, list: where, result }) =>
            (restriction === name || where === name) && result !== 'dunno' && result !== 'unknown',
        ),
    ),
  );
}

/** A mail that gets another verdict afterwards; `cause` is what the plan announces that has decided. */
interface Difference {
  readonly mail: Transaction;
  readonly was: unknown;
  readonly is: unknown;
  readonly cause: string | undefined;
}

/** Holds the verdicts before and after the plan against each other. */
function differences(host: TextHost, from: string, to: string, mails: readonly Transaction[]): Difference[] {
  const { effects, ...plan } = modernise(host, { from, to });
  expect(plan.obstacles).toEqual([]);
  const files = applyPlan({ 'main.cf': host.main, 'master.cf': host.master }, plan);
  const after = { ...host, main: files['main.cf']!, master: files['master.cf']! };
  const about = effects.map((each) => each.about);
  return services(host).flatMap((service) =>
    mails.flatMap((plain) => {
      const mail = { ...plain, service };
      const [before, later] = [verdictOn(host, from, mail), verdictOn(after, to, mail)];
      const [was, is] = [seen(before), seen(later)];
      if (JSON.stringify(was) === JSON.stringify(is)) return [];
      return [{ mail, was, is, cause: announced(about, [before, later]) }];
    }),
  );
}

/** Where mail comes in: port 25, and submission where master.cf has it. */
function services({ master }: TextHost): string[] {
  return ['smtp', 'submission'].filter((name) => new RegExp(`^${name}\\s+inet\\b`, 'm').test(master));
}

describe('the effect of the plan', () => {
  const runs = Number(process.env['POSTERN_MODERNISE_RUNS'] ?? 300);

  it('is no other verdict on any mail, but where it says so', () => {
    const causes: string[] = [];
    fc.assert(
      fc.property(
        mains,
        fc.constantFrom(...oldVersions),
        fc.constantFrom(...newVersions),
        fc.array(transactions, { minLength: 8, maxLength: 8 }),
        (main, from, to, mails) => {
          fc.pre(satisfies(to, `>=${from}`));
          const host = {
            ...hostWith('', '', from),
            main,
            files: (path: string) => tables[path.replace(/^lmdb:/, '')],
          };
          for (const { cause, ...each } of differences(host, from, to, mails)) {
            expect({ ...each, cause }).toEqual({ ...each, cause: expect.any(String) });
            causes.push(cause!);
          }
        },
      ),
      { numRuns: runs, plugins: [fc.interruptAfterTimeLimit(150_000)] },
    );
    // What is announced comes true, and is rare, or the comparison would show nothing.
    expect(causes).toContain('permit_naked_ip_address');
    expect(causes.length).toBeLessThan(runs / 2);
  });
});

describe('relay control of a submission service', () => {
  it('is that of its own recipient list, so that users who log in go on to send to everybody', () => {
    const host = hostWith(
      'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n',
      [
        'submission inet n - y - - smtpd',
        '  -o smtpd_sasl_auth_enable=yes',
        '  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject',
        '',
      ].join('\n'),
      '2.9.15',
    );
    for (const to of ['2.11.11', '3.7.11']) {
      const after = modern(host, '2.9.15', to);
      expect(valueIn(after, 'smtpd_relay_restrictions')).toBe('permit_mynetworks, reject_unauth_destination');
      expect(after.master).toContain('-o smtpd_relay_restrictions=permit_sasl_authenticated,reject');
      expect(differences(host, '2.9.15', to, sample)).toEqual([]);
    }
  });
});

describe('an smtpd that did not start for want of relay control', () => {
  it('is told of when it starts afterwards', () => {
    const main = 'smtpd_relay_restrictions = reject_unauth_destination\nsmtpd_recipient_restrictions =\n';
    const { effects } = modernise(hostWith(main, '', '2.9.15'), { from: '2.9.15', to: '3.7.11' });
    expect(effects).toContainEqual({
      about: 'smtpd_recipient_restrictions',
      message: expect.stringContaining('answers all mail with 421'),
    });
  });
});

describe('relay control of a host without port 25', () => {
  it('has its list as the recipient list had it', () => {
    const master = plainHost.master.replace(/^smtp +inet/m, '127.0.0.1:2525 inet');
    const after = modern({ ...plainHost, master }, '2.9.15', '3.7.11');
    expect(valueIn(after, 'smtpd_relay_restrictions')).toBe('permit_mynetworks, reject_unauth_destination');
  });
});

describe('what the older release did not read', () => {
  it('is announced when the newer one does, unless it is a class of the operator’s own', () => {
    const main = [
      'smtpd_recipient_restrictions = permit_mynetworks, check_client_access static:OK, reject',
      'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination',
      'smtpd_log_access_permit_actions = static:all',
      'smtpd_restriction_classes = smtpd_log_access_permit_actions',
      '',
    ].join('\n');
    const { effects } = modernise(hostWith(main, '', '2.9.15'), { from: '2.9.15', to: '3.7.11' });
    const awakened = effects.filter(({ message }) => message.includes('does not read it'));
    expect(awakened.map(({ about }) => about)).toEqual(['smtpd_relay_restrictions']);
  });

  it('is the level too: its defaults are written out as they were', () => {
    // plainHost says 3.6, which 2.11 does not know.
    const after = modern(plainHost, '2.11.11', '3.7.11');
    expect(valueIn(after, 'smtpd_relay_before_recipient_restrictions')).toBe('no');
    expect(valueIn(after, 'relay_domains')).toBe('$mydestination');
  });
});

describe('from any version to any', () => {
  const host = hostWith(
    [
      'smtpd_recipient_restrictions = permit_mynetworks, reject_invalid_hostname, reject_unauth_destination',
      'smtpd_use_tls = yes',
      'smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1',
      'virtual_alias_maps = hash:/etc/postfix/virtual',
      'smtpd_sasl_application_name = smtpd',
      '',
    ].join('\n'),
  );
  const old = { ...host, main: host.main.replace(/^compatibility_level.*\n/m, '') };

  it.each(oldVersions.flatMap((from) => newVersions.map((to) => [from, to] as const)))(
    'comes to rest from %s to %s, with nothing that the new one does not know',
    (from, to) => {
      const after = modern(old, from, to);
      const found = audit(after, { berkeleyDb: !/^3\.1[12]/.test(to) }).map(({ rule }) => rule);
      expect(found).not.toContain('newer-than-version');
      expect(found).not.toContain('newer-syntax');
      expect(found).not.toContain('obsolete-restriction');
      expect(modernise(after, { from: to, to }).changes).toEqual([]);
      const set = parseMain(after.main).entries.flatMap((entry) =>
        entry.type === 'parameter' ? [entry.name] : [],
      );
      expect(set.filter((name) => parameter(name) && !parameter(name, to))).toEqual([]);
    },
  );

  it('gives relay control its own list, with the entries that decided before', () => {
    expect(valueIn(modern(old, '2.7.16', '3.7.11'), 'smtpd_relay_restrictions')).toBe(
      'permit_mynetworks, reject_invalid_helo_hostname, reject_unauth_destination',
    );
    expect(valueIn(modern(plainHost, '2.9.15', '2.11.11'), 'smtpd_relay_restrictions')).toBe(
      'permit_mynetworks, reject_unauth_destination',
    );
  });

  it('raises the level and writes out what it would change', () => {
    const after = modern(old, '2.11.11', '3.12.0');
    expect(valueIn(after, 'compatibility_level')).toBe('3.11');
    expect(valueIn(after, 'append_dot_mydomain')).toBe('yes');
    expect(valueIn(after, 'smtputf8_enable')).toBe('no');
    expect(valueIn(after, 'mynetworks_style')).toBe('subnet');
    expect(after.main).toMatch(/^relay_domains = \$mydestination$/m);
  });

  it('says the oldest TLS by name from 3.6 on, and not before', () => {
    expect(valueIn(modern(old, '2.11.11', '3.7.11'), 'smtpd_tls_protocols')).toBe('>=TLSv1.2');
    expect(valueIn(modern(old, '2.11.11', '3.4.29'), 'smtpd_tls_protocols')).toMatch(/^!SSLv2/);
  });

  it.each([
    ['3.7.9', 'yes'],
    ['3.7.11', 'normalize'],
  ])('takes the cure against smuggling that %s has: %s', (to, value) => {
    expect(valueIn(modern(old, '2.11.11', to), 'smtpd_forbid_bare_newline')).toBe(value);
    expect(modernise(old, { from: '2.11.11', to }).effects.map(({ about }) => about)).toContain(
      'smtpd_forbid_bare_newline',
    );
  });

  it('takes the tables along to lmdb where Berkeley DB is gone, and builds them', () => {
    const { changes } = modernise(old, { from: '2.11.11', to: '3.11.6' });
    expect(changes).toContainEqual(
      expect.objectContaining({ name: 'virtual_alias_maps', value: 'lmdb:/etc/postfix/virtual' }),
    );
    expect(changes).toContainEqual(
      expect.objectContaining({ action: 'postmap', table: 'lmdb:/etc/postfix/virtual' }),
    );
  });
});

function valueIn({ main, master, version }: TextHost, name: string): string | undefined {
  return effective({ main: parseMain(main), master: parseMaster(master), version }).get(name)?.raw;
}

/** Of every kind: strangers and own clients, to users, nobody, subdomains and elsewhere. */
const sample = fc.sample(transactions, { numRuns: 24, seed: 1 });

describeWith(['corpus'], 'real configurations', () => {
  it.each([
    ['2.7.16', '3.12.0'],
    ['2.11.11', '3.7.11'],
  ])('give the same mail the same verdict from %s to %s, but where the plan says so', (from, to) => {
    const wrong: unknown[] = [];
    let hosts = 0;
    for (const { name, host, accepted } of readCorpus(from)) {
      if (!accepted) continue;
      // A dozen mails for each host, another dozen for the next.
      const mails = sample.filter((_each, index) => index % 2 === hosts % 2);
      hosts++;
      // A host without tables: what hangs on one that nobody has read is no verdict to compare.
      const bare = { ...host, files: () => undefined };
      for (const each of differences(bare, from, to, mails).filter(({ cause }) => cause === undefined))
        wrong.push({ name, ...each });
    }
    expect(wrong).toEqual([]);
    expect(hosts).toBeGreaterThan(200);
  });
});

describeWith(['corpus', 'postconf'], 'real configurations', () => {
  it('come to rest on 3.7.11, which reads them without a new complaint', () => {
    // Every third: postconf takes its time.
    for (const { name, host, accepted } of readCorpus('2.11.11').filter((_each, index) => index % 3 === 0)) {
      if (!accepted) continue;
      const after = modern(host, '2.11.11', '3.7.11');
      expect({ name, changes: modernise(after, { from: '3.7.11', to: '3.7.11' }).changes }).toEqual({
        name,
        changes: [],
      });
      const { status, complaints } = postconf(after);
      const before = complaints.length > 0 ? postconf(host).complaints : [];
      expect({ name, status, fresh: complaints.filter((line) => !before.includes(line)) }).toEqual({
        name,
        status: 0,
        fresh: [],
      });
    }
  });
});
