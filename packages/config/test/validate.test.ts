import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, parseMain, parseMaster, validate, type Problem } from '@postern/config';

const relayControl = 'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n';

/** What is said about a main.cf that is else in order: `level code: the text it points at`. */
function said(
  main: string,
  { master, version = '3.7.11' }: { master?: string; version?: string } = {},
): string[] {
  const text = relayControl + main;
  const problems = validate({
    main: parseMain(text),
    ...(master !== undefined && { master: parseMaster(master) }),
    version,
  });
  return problems.map(
    ({ level, code, file, range }) =>
      `${level} ${code}: ${(file === 'main.cf' ? text : master!).slice(range.start, range.end)}`,
  );
}

function first(main: string, version = '3.7.11'): Problem {
  const [problem] = validate({ main: parseMain(main), version });
  return problem!;
}

const standard = `
smtp      inet  n - y - - smtpd
pickup    unix  n - y 60 1 pickup
smtp      unix  - - y - - smtp
local     unix  - n n - - local
virtual   unix  - n n - - virtual
policy    unix  - n n - 0 spawn user=nobody argv=/usr/bin/policyd
`;

describe('values', () => {
  it('says nothing about a file that is in order', () => {
    const main = `
compatibility_level = 3.6
smtpd_helo_required = yes
queue_run_delay = 300s
bounce_queue_lifetime = 5
default_process_limit = 100
smtpd_hard_error_limit = \${stress?{1}:{20}}
mynetworks = 127.0.0.0/8 [::1]/128 !192.0.2.7 192.0.2.0/24 /etc/postfix/networks cidr:/etc/postfix/more host.example.com
mydestination = $myhostname, localhost
alias_maps = hash:/etc/aliases
virtual_alias_maps = pipemap:{lmdb:/etc/postfix/a, proxy:mysql:/etc/postfix/b.cf}
smtpd_tls_protocols = >=TLSv1.2
smtp_tls_security_level = DANE
smtpd_recipient_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11],
    check_policy_service { unix:private/policy, timeout = 10s }, check_recipient_access lmdb:/etc/postfix/r
`;
    expect(said(main, { master: standard })).toEqual([]);
  });

  it.each([
    ['smtpd_helo_required = maybe', 'error bad-boolean: maybe'],
    ['biff = true', 'error bad-boolean: true'],
    ['default_process_limit = many', 'error bad-integer: many'],
    ['message_size_limit = 10M', 'error bad-integer: 10M'],
    ['default_process_limit = 0', 'error out-of-bounds: 0'],
    ['queue_run_delay = 5x', 'error bad-time: 5x'],
    ['queue_run_delay = 5 m', 'error bad-time: 5 m'],
    ['queue_run_delay = 5min', 'warning bad-time: 5min'],
    ['in_flow_delay = 11s', 'error out-of-bounds: 11s'],
    ['mynetworks_style = net', 'error bad-word: net'],
    ['smtpd_tls_security_level = dane', 'warning bad-word: dane'],
    ['smtp_discard_ehlo_keywords = dsn, pipeline', 'warning bad-word: pipeline'],
    ['compatibility_level = 3.x', 'error bad-compatibility-level: 3.x'],
    ['smtpd_tls_protocols = !SSLv2, !TLSv1.4', 'error bad-protocol: !TLSv1.4'],
    ['alias_maps = hash:/etc/aliases, /etc/more', 'error bad-table: /etc/more'],
    ['alias_maps = hsah:/etc/aliases', 'error unknown-table-type: hsah'],
    ['virtual_alias_maps = unionmap:{hash:/a, foo:/b}', 'error unknown-table-type: foo'],
    ['mynetworks = 127.0.0.0/8, 10.0.0.1/8', 'error bad-network: 10.0.0.1/8'],
    ['mynetworks = 10.0.0.0/255.0.0.0', 'error bad-network: 10.0.0.0/255.0.0.0'],
    ['mynetworks = 192.168.1', 'error bad-network: 192.168.1'],
    ['mynetworks = 2001:db8::/32', 'error bad-network: 2001:db8::/32'],
    ['mynetworks = [2001:db8::1]/32', 'error bad-network: [2001:db8::1]/32'],
    ['mydestination = localhost # us', 'warning comment-in-value: # us'],
  ])('%s: %s', (main, expected) => {
    expect(said(`${main}\n`)).toEqual([expected]);
  });

  it('judges the expanded value, and points at all of what was written', () => {
    expect(said('wanted = perhaps\nbiff = $wanted\n')).toEqual(['error bad-boolean: $wanted']);
    expect(said('wanted = yes\nbiff = $wanted\n')).toEqual([]);
  });

  it('knows words, table types and parameters by version', () => {
    expect(said('smtp_tls_security_level = dane\n', { version: '2.10.1' })).toEqual([
      'error word-not-in-version: dane',
    ]);
    expect(said('alias_maps = lmdb:/etc/aliases\n', { version: '2.10.1' })).toEqual([
      'error table-type-not-in-version: lmdb:/etc/aliases',
    ]);
    expect(said('smtpd_tls_protocols = >=TLSv1.2\n', { version: '3.5.4' })).toEqual([
      'error bad-protocol: >=TLSv1.2',
    ]);
    expect(said('smtpd_forbid_bare_newline = yes\n', { version: '3.7.8' })).toEqual([
      'warning parameter-not-in-version: smtpd_forbid_bare_newline',
    ]);
    expect(said('smtpd_forbid_bare_newline = yes\n', { version: '3.7.9' })).toEqual([]);
    expect(said('smtpd_forbid_bare_newline = normalize\n', { version: '3.7.9' })).toEqual([
      'error word-not-in-version: normalize',
    ]);
    expect(said('tls_dane_digest_agility = on\n')).toEqual([
      'warning parameter-removed: tls_dane_digest_agility',
    ]);
  });

  it('says what deprecated parameters give way to, once Postfix warns about them', () => {
    expect(said('smtpd_use_tls = yes\n', { version: '3.8.6' })).toEqual([]);
    expect(said('smtpd_use_tls = yes\n', { version: '3.9.0' })).toEqual([
      'warning deprecated-parameter: smtpd_use_tls',
    ]);
    expect(first(`${relayControl}smtpd_use_tls = yes\n`, '3.9.0').advice).toBe(
      'Set smtpd_tls_security_level instead.',
    );
  });
});

describe('restriction lists', () => {
  it.each([
    ['smtpd_client_restrictions = permit_mynetwork', 'error unknown-restriction: permit_mynetwork'],
    [
      'smtpd_client_restrictions = reject_unknown_forward_client_hostname',
      'error restriction-not-built-in: reject_unknown_forward_client_hostname',
    ],
    [
      'smtpd_client_restrictions = permit_mynetworks, reject, sleep 5',
      'warning restriction-never-reached: sleep',
    ],
    [
      'smtpd_client_restrictions = check_client_access',
      'error bad-restriction-argument: check_client_access',
    ],
    [
      'smtpd_client_restrictions = check_client_access /etc/access',
      'error bad-restriction-argument: /etc/access',
    ],
    ['smtpd_client_restrictions = sleep soon', 'error bad-restriction-argument: soon'],
    ['smtpd_client_restrictions = reject_rbl_client reject', 'error bad-restriction-argument: reject'],
    ['smtpd_client_restrictions = check_policy_service policy', 'error bad-restriction-argument: policy'],
    ['smtpd_client_restrictions = check_client_access hsah:/a', 'error unknown-table-type: hsah'],
    [
      'smtpd_helo_restrictions = reject_unknown_hostname',
      'note deprecated-restriction: reject_unknown_hostname',
    ],
    ['smtpd_data_restrictions = static:all', 'error bare-table-in-restrictions: static:all'],
    [
      'smtpd_etrn_restrictions = reject_unknown_sender_domain',
      'warning restriction-without-data: reject_unknown_sender_domain',
    ],
  ])('%s: %s', (main, expected) => {
    expect(said(`${main}\n`)).toEqual([expected]);
  });

  it('knows which stage a list is evaluated at', () => {
    const main = 'smtpd_client_restrictions = reject_unauth_destination\n';
    expect(said(main)).toEqual([]);
    expect(said(`${main}smtpd_delay_reject = no\n`)).toEqual([
      'warning restriction-without-data: reject_unauth_destination',
    ]);
  });

  it('knows restrictions by version', () => {
    const main =
      'smtpd_client_restrictions = check_sasl_access hash:/a\nsmtpd_recipient_restrictions = check_relay_domains\n';
    expect(said(main, { version: '2.10.1' })).toEqual([
      'error restriction-not-in-version: check_sasl_access',
      'warning deprecated-restriction: check_relay_domains',
    ]);
    expect(said(main, { version: '3.9.1' })).toEqual([
      'error restriction-not-in-version: check_relay_domains',
    ]);
  });

  it('follows restriction classes, and asks that each has a list', () => {
    expect(
      said(
        'smtpd_restriction_classes = greylist\ngreylist = permit_mynetwork\nsmtpd_client_restrictions = greylist\n',
      ),
    ).toEqual(['error unknown-restriction: permit_mynetwork']);
    expect(said('smtpd_restriction_classes = greylist\n')).toEqual(['error class-without-list: greylist']);
  });

  it('says when smtpd would not start for want of relay control, of main.cf or of one service', () => {
    expect(first('smtpd_relay_restrictions = permit_mynetworks\n').code).toBe('no-relay-control');
    expect(first('smtpd_relay_restrictions = warn_if_reject reject_unauth_destination\n').code).toBe(
      'no-relay-control',
    );
    expect(first('smtpd_relay_restrictions = permit, reject_unauth_destination\n').code).toMatch(
      /never-reached|no-relay-control/,
    );
    expect(validate({ main: parseMain('compatibility_level = 3.6\n'), version: '3.7.11' })).toEqual([]);
    expect(first('').code).toBe('no-relay-control');
    const master = `${standard}submission inet n - y - - smtpd -o smtpd_relay_restrictions=permit_sasl_authenticated\n`;
    expect(said('', { master })).toEqual(['error no-relay-control: permit_sasl_authenticated']);
    expect(said('', { master: master.replace('authenticated\n', 'authenticated,reject\n') })).toEqual([]);
  });
});

describe('names', () => {
  it('says what nothing reads, with what was meant', () => {
    expect(said('smtpd_helo_requierd = yes\n', { master: standard })).toEqual([
      'warning unused-parameter: smtpd_helo_requierd',
    ]);
    expect(first(`${relayControl}smtpd_helo_requierd = yes\n`).message).toContain(
      'did you mean smtpd_helo_required?',
    );
  });

  it('knows what is used: by $name, as a class, by a service, by an old-style database', () => {
    const main = `
outside = 192.0.2.0/24
mynetworks = 127.0.0.0/8 $outside
policy_time_limit = 3600s
smtp_destination_rate_delay = 1s
mua = permit_sasl_authenticated, reject
accounts_server_host = ldap.example.com
virtual_alias_maps = ldap:accounts
fallback_relay = mx.example.com
`;
    const master = `${standard}submission inet n - y - - smtpd -o smtpd_client_restrictions=$mua\n`;
    expect(said(main, { master })).toEqual([]);
  });

  it('says when the transport of a per-transport parameter is not there', () => {
    expect(said('dovecot_destination_recipient_limit = 1\n', { master: standard })).toEqual([
      'warning unused-parameter: dovecot_destination_recipient_limit',
    ]);
    expect(said('dovecot_destination_recipient_limit = 1\n')).toEqual([]);
  });

  it('says once what nothing defines', () => {
    expect(said('myorigin = $mydomian\nmyhostname = mail.$mydomian\n')).toEqual([
      'warning undefined-parameter: mydomian',
    ]);
    expect(said('myorigin = ${mydomian?x}\n')).toEqual(['note undefined-parameter: mydomian']);
  });

  it('says what is set twice, and what cannot be set', () => {
    expect(said('biff = yes\nbiff = no\n')).toEqual(['warning duplicate-parameter: biff']);
    expect(said('biff = no\nbiff = no\n')).toEqual(['note duplicate-parameter: biff']);
    expect(said('process_name = x\n')).toEqual(['warning read-only-parameter: process_name']);
  });

  it('says what is wrong with $ expressions, where they stand', () => {
    expect(said('myorigin = ${mydomain\n')).toEqual(['error macro-unclosed: $']);
    expect(said('one = $two\ntwo = $one\nmyorigin = $one\n')).toEqual([
      'error macro-recursion: $two',
      'error macro-recursion: $one',
    ]);
  });
});

describe('master.cf', () => {
  it.each([
    ['smtp inet y - y - - smtpd', 'error inet-private: y'],
    ['smtp inet - - y - - smtpd', 'error inet-private: -'],
    ['smtp unix - - maybe - - smtp', 'error bad-service-field: maybe'],
    ['smtp unix - - y 5x - smtp', 'error bad-service-field: 5x'],
    ['smtp unix - - y - MANY smtp', 'error bad-service-field: MANY'],
    ['smtp unix - - y - - smtp -o biff=maybe', 'error bad-boolean: maybe'],
    ['smtp unix - - y - - smtp -o { biff = maybe }', 'error bad-boolean: maybe'],
    ['smtp unix - - y - - smtp -o bif=no', 'warning unused-parameter: bif'],
    ['smtp unix - - y - - smtp\nsmtp unix - - y - - smtp', 'warning duplicate-service: smtp'],
  ])('%s: %s', (master, expected) => {
    expect(said('', { master: `${master}\n` })).toEqual([expected]);
  });

  it('knows service types by version', () => {
    const master = 'postlog unix-dgram n - n - 1 postlogd\n';
    expect(said('', { master })).toEqual([]);
    expect(said('', { master, version: '3.3.1' })).toEqual(['error service-type-not-in-version: unix-dgram']);
  });
});

describe('problems', () => {
  it('stand in the order of the file, with line, column and a frame', () => {
    const text = `${relayControl}smtpd_helo_required = yess\nbiff =\n  # why\n  maybe\n`;
    const problems = validate({ main: parseMain(text), version: '3.7.11' });
    expect(problems.map(({ at }) => at)).toEqual([
      { line: 2, column: 23 },
      { line: 5, column: 3 },
    ]);
    expect(frame(text, problems[1]!)).toContain('  5 |   maybe\n    |   ^^^^^');
  });

  it('are not more than asked for', () => {
    const main = parseMain('biff = maybe\n'.repeat(5000));
    expect(validate({ main, version: '3.7.11' })).toHaveLength(1000);
    expect(validate({ main, version: '3.7.11' }, { limit: 3 })).toHaveLength(3);
  });

  it('are found in any text: validate throws for nothing that stands in a file', () => {
    const word = fc.constantFrom(
      '$',
      '${',
      '}',
      '{',
      'biff',
      'smtpd_recipient_restrictions',
      ' = ',
      '\n',
      '\n ',
      '#',
      ':',
      'hash:',
      '[::1]/',
      '/',
      '-o ',
      'inet',
      ',',
      '!',
      '$biff',
      'a',
      '\0',
      '\r',
      ' n n n n n smtpd ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(word, { maxLength: 60 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom('2.7.0', '3.7.11', '3.12-20260821'),
        (main, master, version) => {
          for (const problem of validate({ main: parseMain(main), master: parseMaster(master), version })) {
            const { file, range, at } = problem;
            const lines = (file === 'main.cf' ? main : master).slice(0, range.start).split('\n');
            expect(at).toEqual({ line: lines.length, column: lines.at(-1)!.length + 1 });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('do not keep anybody waiting where values double with each line', () => {
    const lines = Array.from({ length: 60 }, (_, at) => `x${at} = $x${at + 1}$x${at + 1}`);
    const problems = validate({
      main: parseMain(`${relayControl}${lines.join('\n')}\nx60 = y\nmyorigin = $x0\n`),
      version: '3.7.11',
    });
    expect(problems.map(({ code }) => code)).toContain('macro-too-long');
  });
});
