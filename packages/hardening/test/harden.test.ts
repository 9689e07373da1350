import { audit, harden, HardeningError, type HardenOptions } from '@postern/hardening';
import { parseMain, findParameter, valueOf } from '@postern/config';
import { describeWith } from '@postern/testbed';
import { describe, expect, it } from 'vitest';
import { exampleHost, hardened, hostWith, plainHost, type TextHost } from './hosts.ts';
import { postconf } from './postconf.ts';

const profile = 'internet-mx';

/** The value of a parameter after the plan, blanks evened out; undefined when it is not set. */
function after(host: TextHost, name: string, options: Partial<HardenOptions> = {}): string | undefined {
  const entry = findParameter(parseMain(hardened(host, { profile, ...options }).main), name);
  return entry && valueOf(entry).replaceAll(/\s+/g, ' ');
}

/** The names that a plan sets or takes out. */
function changed(host: TextHost, options: Partial<HardenOptions> = {}): string[] {
  return harden(host, { profile, ...options }).changes.flatMap((change) =>
    'name' in change && typeof change.name === 'string' ? [change.name] : [],
  );
}

describe('the melted-down host', () => {
  it('has nothing left to find, and nothing left to change', () => {
    const host = hardened(exampleHost);
    expect(audit(host)).toEqual([]);
    expect(harden(host, { profile }).changes).toEqual([]);
  });

  it('gets each measure of the guide in the form that is right for 3.7.11', () => {
    expect(after(exampleHost, 'smtpd_recipient_restrictions')).toBe(
      'reject_unlisted_recipient, permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, ' +
        'check_policy_service { unix:private/policy-spf, default_action=DUNNO }, reject_non_fqdn_recipient',
    );
    expect(after(exampleHost, 'postscreen_dnsbl_sites')).toBe(
      'zen.spamhaus.org=127.0.0.[2..11]*3, bl.spamcop.net=127.0.0.2*3',
    );
    expect(after(exampleHost, 'smtpd_relay_restrictions')).toBe(
      'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination',
    );
    expect(after(exampleHost, 'policy-spf_time_limit')).toBe('3600s');
    expect(after(exampleHost, 'smtpd_tls_protocols')).toBe('>=TLSv1.2');
    expect(after(exampleHost, 'smtp_tls_security_level')).toBe('may');
    expect(after(exampleHost, 'smtpd_forbid_bare_newline')).toBe('normalize');
    expect(after(exampleHost, 'compatibility_level')).toBe('3.6');
    expect(after(exampleHost, 'disable_vrfy_command')).toBe('yes');
  });

  it('loses the lines that do nothing or go out of use', () => {
    const gone = [
      'smtpd_use_tls',
      'smtpd_delay_reject',
      'queue_run_delay',
      'minimal_backoff_time',
      'maximal_backoff_time',
    ];
    for (const name of [...gone, 'smtpd_tls_session_cache_database'])
      expect(after(exampleHost, name)).toBeUndefined();
  });

  it('keeps its process limit, and a note says why', () => {
    expect(after(exampleHost, 'default_process_limit')).toBe('200');
    const { notes } = harden(exampleHost, { profile });
    expect(notes).toContainEqual(
      expect.objectContaining({
        rule: 'internet-mx/client-limits',
        level: 'note',
        at: { file: 'main.cf', line: 60, column: 1 },
      }),
    );
  });

  it('gets a reason, a source and the versions with every change', () => {
    const { changes } = harden(exampleHost, { profile });
    for (const { because } of changes) {
      expect(because.why.length).toBeGreaterThan(20);
      expect(because.source).not.toBe('');
      expect(because.versions).not.toBe('');
    }
  });

  it('keeps the comment between two entries of a list', () => {
    expect(hardened(exampleHost, { profile, postscreen: false }).main).toContain(
      '    # The big hammer: check live RBLs\n    reject_rbl_client zen.spamhaus.org=127.0.0.[2..11],\n',
    );
  });
});

describe("the guide's lines as they are printed", () => {
  const toTheMargin = (text: string): string => {
    const [before = '', pasted = ''] = text.split(/^(?=# ---- pasted)/m);
    return before + pasted.replace(/^[ \t]+/gm, '');
  };
  const printed: TextHost = {
    ...exampleHost,
    main: toTheMargin(exampleHost.main),
    master: exampleHost.master.replace(/^[ \t]+(?=user=)/m, ''),
  };

  it('are found line by line, with the advice and a fix', () => {
    const findings = audit(printed).filter(({ rule }) =>
      ['line-without-equals', 'service-without-columns'].includes(rule),
    );
    expect(findings[0]).toMatchObject({
      rule: 'line-without-equals',
      level: 'error',
      at: { file: 'main.cf', line: 32, column: 1 },
      message: expect.stringContaining('indent the line'),
      fix: [{ type: 'put-file', path: 'main.cf' }],
    });
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'service-without-columns',
        at: { file: 'master.cf', line: 32, column: 1 },
      }),
    );
  });

  it('are indented by the plan, which then goes on', () => {
    const { changes, obstacles } = harden(printed, { profile });
    expect(obstacles).toEqual([]);
    expect(changes.filter(({ type }) => type === 'put-file')).toHaveLength(2);
    expect(audit(hardened(printed))).toEqual([]);
    expect(harden(hardened(printed), { profile }).changes).toEqual([]);
  });
});

describe('what cannot be read', () => {
  it('is an obstacle with its place, and nothing is planned', () => {
    const broken = hostWith('this is no parameter\n');
    const { changes, obstacles } = harden(broken, { profile });
    expect(changes).toEqual([]);
    expect(obstacles).toMatchObject([
      { rule: 'line-without-equals', at: { file: 'main.cf', line: 4, column: 1 } },
    ]);
  });

  it('goes by the names that the caller gives the files', () => {
    const broken = { ...hostWith('this is no parameter\n'), names: { main: '/etc/postfix/main.cf' } };
    expect(harden(broken, { profile }).obstacles[0]?.at?.file).toBe('/etc/postfix/main.cf');
  });

  it('is an error when it is the name of the profile', () => {
    expect(() => harden(plainHost, { profile: 'internet' as 'internet-mx' })).toThrow(HardeningError);
  });
});

describe('what the operator has set on purpose', () => {
  it.each([
    ['mynetworks', '127.0.0.0/8 192.0.2.0/24'],
    ['relay_domains', 'backup.example.org'],
    ['smtpd_milters', 'inet:localhost:11332'],
    ['milter_default_action', 'accept'],
    ['smtpd_client_connection_rate_limit', '7'],
    ['smtp_tls_security_level', 'dane'],
    ['smtpd_forbid_bare_newline', 'yes'],
    ['smtpd_banner', '$myhostname ESMTP no spam'],
    ['smtpd_relay_restrictions', 'permit_sasl_authenticated, reject_unauth_destination'],
  ])('%s stays', (name, value) => {
    expect(after(hostWith(`${name} = ${value}\n`), name)).toBe(value);
  });

  it('stays in its place when checks are added', () => {
    const own =
      'check_sender_access hash:/etc/postfix/friends, own_class, permit_mynetworks, reject_unknown_sender_domain';
    const host = hostWith(
      `smtpd_restriction_classes = own_class\nown_class = reject_unverified_sender\nsmtpd_sender_restrictions = ${own}\n`,
    );
    expect(after(host, 'smtpd_sender_restrictions')).toBe(`${own}, reject_non_fqdn_sender`);
    expect(after(host, 'own_class')).toBe('reject_unverified_sender');
  });

  it('is edited where it is written when a list is put together from parts', () => {
    const host = hostWith(
      'lists = reject_rbl_client zen.spamhaus.org\nsmtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, $lists\n',
    );
    const smtpdOnly = { postscreen: false };
    expect(after(host, 'lists', smtpdOnly)).toBe('reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]');
    expect(after(host, 'smtpd_recipient_restrictions', smtpdOnly)).toMatch(
      /reject_unauth_destination, check_policy_service \{.*\}, \$lists/,
    );
  });

  it('is added to where it is written when a list is nothing but a name', () => {
    const host = hostWith(
      'mine = permit_mynetworks, reject_unknown_sender_domain\nsmtpd_sender_restrictions = $mine\n',
    );
    expect(after(host, 'mine')).toBe(
      'permit_mynetworks, reject_unknown_sender_domain, reject_non_fqdn_sender',
    );
    expect(after(host, 'smtpd_sender_restrictions')).toBe('$mine');
  });

  it('moves into main.cf where an -o cannot hold blanks, and stays there', () => {
    const master = plainHost.master.replace(
      'smtpd\n',
      'smtpd\n  -o smtpd_recipient_restrictions=permit_mynetworks,reject_unauth_destination\n',
    );
    const host = { ...plainHost, master, version: '2.9.15' };
    const options = { profile, postscreen: false } as const;
    expect(hardened(host, options).master).toContain(
      '-o smtpd_recipient_restrictions=$smtp_recipient_restrictions\n',
    );
    expect(after(host, 'smtp_recipient_restrictions', options)).toMatch(
      /, reject_rbl_client zen\.spamhaus\.org=/,
    );
    expect(harden(hardened(host, options), options).changes).toEqual([]);
  });

  it('keeps its other block lists, with filters', () => {
    const host = hostWith(
      'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_rbl_client b.barracudacentral.org, reject_rbl_client bl.example.net\n',
    );
    expect(after(host, 'smtpd_recipient_restrictions')).toMatch(
      /b\.barracudacentral\.org=127\.0\.0\.2, reject_rbl_client bl\.example\.net=127\.0\./,
    );
  });

  it('does not stop whom an entry of its own lets relay', () => {
    const host = hostWith(
      'smtpd_relay_restrictions = permit_mynetworks, check_client_access hash:/etc/postfix/branches, reject_unauth_destination\n',
    );
    expect(after(host, 'smtpd_recipient_restrictions')).not.toMatch(/reject_unauth_destination/);
  });
});

describe('by version', () => {
  it.each([
    ['2.9.15', '!SSLv2, !SSLv3, !TLSv1, !TLSv1.1'],
    ['3.5.24', '!SSLv2, !SSLv3, !TLSv1, !TLSv1.1'],
    ['3.6.0', '>=TLSv1.2'],
  ])('TLS 1.2 is asked for on %s as %s', (version, value) => {
    expect(after(hostWith('', '', version), 'smtp_tls_protocols')).toBe(value);
  });

  it.each([
    ['3.4.29', undefined],
    ['3.5.22', undefined],
    ['3.5.23', 'yes'],
    ['3.5.24', 'normalize'],
    ['3.6.13', 'yes'],
    ['3.7.8', undefined],
    ['3.7.9', 'yes'],
    ['3.7.10', 'normalize'],
    ['3.8.4', 'yes'],
    ['3.8.5', 'normalize'],
    // The default there.
    ['3.9.0', undefined],
  ])('smuggling is stopped on %s: smtpd_forbid_bare_newline %s', (version, value) => {
    const host = hostWith('', '', version);
    expect(after(host, 'smtpd_forbid_bare_newline')).toBe(value);
    const needsWorkaround = value === undefined && !version.startsWith('3.9');
    expect(after(host, 'smtpd_discard_ehlo_keywords')).toBe(
      needsWorkaround ? 'chunking, silent-discard' : undefined,
    );
    expect(after(host, 'smtpd_data_restrictions')).toBe('reject_unauth_pipelining');
  });

  it('relay control stands among the recipient restrictions before 2.10', () => {
    const host = hostWith('', '', '2.9.15');
    expect(after(host, 'smtpd_relay_restrictions')).toBeUndefined();
    expect(after(host, 'smtpd_recipient_restrictions')).toMatch(
      /^reject_unlisted_recipient, permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, /,
    );
  });

  it.each([
    ['2.11.11', undefined],
    ['3.4.29', '2'],
    ['3.7.11', '3.6'],
    ['3.11.6', '3.11'],
  ])('the compatibility level of %s is %s', (version, level) => {
    expect(
      after({ ...plainHost, main: 'myhostname = mx.example.com\n', version }, 'compatibility_level'),
    ).toBe(level);
  });

  it('the certificate is one list of files from 3.4 on', () => {
    const tls = { certificate: '/etc/ssl/mx.pem', key: '/etc/ssl/mx.key' };
    expect(after(hostWith('', '', '3.4.0'), 'smtpd_tls_chain_files', { tls })).toBe(
      '/etc/ssl/mx.key, /etc/ssl/mx.pem',
    );
    expect(after(hostWith('', '', '3.3.22'), 'smtpd_tls_cert_file', { tls })).toBe('/etc/ssl/mx.pem');
  });

  it('the SPF service is asked without braces before 3.0', () => {
    expect(after(hostWith('', '', '2.11.11'), 'smtpd_recipient_restrictions', { spf: true })).toMatch(
      /reject_unauth_destination, check_policy_service unix:private\/policy-spf,/,
    );
  });
});

describe('raising the compatibility level', () => {
  it('writes out what mail may depend on', () => {
    const host: TextHost = {
      ...plainHost,
      main: 'myhostname = mx.example.com\n',
      master: 'smtp inet n - - - - smtpd\n',
    };
    expect(after(host, 'append_dot_mydomain')).toBe('yes');
    expect(after(host, 'smtputf8_enable')).toBe('no');
    expect(hardened(host).master).toMatch(/^smtpd\s+pass\s+-\s+-\s+y\s+-\s+-\s+smtpd$/m);
  });

  it('keeps fingerprints working', () => {
    const host = {
      ...plainHost,
      main: 'myhostname = mx.example.com\nrelay_clientcerts = hash:/etc/postfix/certs\n',
    };
    expect(after(host, 'smtpd_tls_fingerprint_digest')).toBe('md5');
  });
});

describe('users', () => {
  const tls = { certificate: '/etc/ssl/mx.pem', key: '/etc/ssl/mx.key' };

  it('get no AUTH where none is configured and nobody asks for it', () => {
    const host = hardened(plainHost, { profile, tls });
    expect(host.main + host.master).not.toMatch(/sasl_auth_enable|^submission/m);
    expect(harden(plainHost, { profile, tls }).notes.map(({ rule }) => rule)).toContain(
      'internet-mx/submission',
    );
  });

  it('log in on 587 and 465 and no longer on 25', () => {
    const host = hostWith(
      'smtpd_sasl_auth_enable = yes\nsmtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/ssl/mx.pem\n',
    );
    const master = hardened(host).master;
    expect(master).toMatch(/^smtpd\s+pass.*\n\s+-o smtpd_sasl_auth_enable=no$/m);
    expect(master).toMatch(/^submission inet .*\n(\s+-o .*\n)*\s+-o smtpd_tls_security_level=encrypt$/m);
    expect(master).toMatch(/^submissions inet .*\n(\s+-o .*\n)*\s+-o smtpd_tls_wrappermode=yes$/m);
    expect(after(host, 'smtpd_sasl_auth_enable')).toBe('yes');
    expect(after(host, 'smtpd_tls_auth_only')).toBe('yes');
  });

  it('keep AUTH on 25, under TLS, while submission has no certificate', () => {
    const host = hostWith('smtpd_sasl_auth_enable = yes\n');
    expect(hardened(host).master).not.toMatch(/submission/);
    expect(after(host, 'smtpd_tls_auth_only')).toBe('yes');
    expect(harden(host, { profile }).notes.map(({ message }) => message)).toContain(
      'Submission needs a certificate, and none is configured. Input: tls',
    );
  });

  it('keep what their submission service has', () => {
    const own =
      'submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n  -o smtpd_sasl_type=dovecot\n';
    const host = hostWith('smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/ssl/mx.pem\n', own);
    expect(hardened(host).master).toContain(`${own}  -o smtpd_tls_security_level=encrypt\n`);
  });
});

describe('SPF', () => {
  it('is added where nothing checks it, with the package that brings the program', () => {
    expect(hardened(plainHost).master).toMatch(/^policy-spf +unix .* spawn$/m);
    expect(harden(plainHost, { profile }).changes).toContainEqual(
      expect.objectContaining({ type: 'install-package' }),
    );
    expect(hardened(plainHost, { profile, spf: false }).master).not.toMatch(/spf/);
  });

  it.each([
    ['a milter may check it already', 'smtpd_milters = inet:localhost:11332\n', '3.7.11'],
    ['a missing program would defer all mail', '', '2.11.11'],
  ])('is not added unasked where %s, and a note says so', (_, main, version) => {
    const host = hostWith(main, '', version);
    expect(hardened(host).master).not.toMatch(/spf/);
    expect(harden(host, { profile }).notes.map(({ rule }) => rule)).toContain('internet-mx/spf-service');
  });

  it('is asked right after relay control, with a service that is not killed', () => {
    const host = hardened(plainHost, {
      profile,
      spf: { argv: '/usr/local/bin/spf-policy --quiet', user: 'spf' },
    });
    expect(host.master).toMatch(
      /^policy-spf\s+unix\s+-\s+n\s+n\s+-\s+0\s+spawn\n\s+user=spf argv=\/usr\/local\/bin\/spf-policy --quiet$/m,
    );
    expect(after(plainHost, 'policy-spf_time_limit', { spf: true })).toBe('3600s');
    expect(host.main).toMatch(
      /reject_unauth_destination,\s+check_policy_service \{ unix:private\/policy-spf, default_action=DUNNO \}/,
    );
  });

  it('comes with the package when nothing else is said', () => {
    expect(harden(plainHost, { profile, spf: true }).changes).toContainEqual(
      expect.objectContaining({
        type: 'install-package',
        name: { debian: 'postfix-policyd-spf-python', redhat: 'pypolicyd-spf' },
      }),
    );
  });
});

describe('block lists', () => {
  it('are asked with a filter where none was asked, last of all', () => {
    expect(after(plainHost, 'smtpd_recipient_restrictions', { postscreen: false })).toMatch(
      /, reject_rbl_client zen\.spamhaus\.org=127\.0\.0\.\[2\.\.11\]$/,
    );
  });

  it('are not added through a resolver that they do not answer', () => {
    expect(after(plainHost, 'smtpd_recipient_restrictions', { ownResolver: false })).not.toMatch(/rbl/);
    expect(after(plainHost, 'smtpd_recipient_restrictions', { blockLists: [] })).not.toMatch(/rbl/);
  });

  it.each([
    ['smtpd_recipient_restrictions', 'rbl_reply_maps', 'rbl_reply', false],
    ['postscreen_dnsbl_sites', 'postscreen_dnsbl_reply_map', 'dnsbl_reply', true],
  ] as const)(
    'are asked by key in %s, and the key is not shown to those who are refused',
    (list, maps, path, postscreen) => {
      const options = { dqsKey: 'abcdefghijklmnopqrstuvwxyz', postscreen };
      const plan = harden(exampleHost, { profile, ...options });
      expect(after(exampleHost, list, options)).toContain(
        'abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net=127.0.0.[2..11]',
      );
      const table = plan.changes.find((change) => change.type === 'put-file');
      expect(table).toMatchObject({ path, mode: 0o640 });
      expect(table?.type === 'put-file' && table.content.split(/\s+/).slice(1).join(' ')).not.toContain(
        'abcdefghij',
      );
      expect(after(exampleHost, maps, options)).toBe(`texthash:$config_directory/${path}`);
    },
  );

  it('are given to postscreen where it takes the connections', () => {
    const master = plainHost.master.replace(/smtpd$/m, 'postscreen') + 'smtpd pass - - y - - smtpd\n';
    const host = { ...plainHost, master };
    expect(after(host, 'postscreen_dnsbl_sites')).toMatch(/^zen\.spamhaus\.org=/);
    expect(after(host, 'smtpd_recipient_restrictions')).not.toMatch(/rbl/);
  });
});

describe('postscreen', () => {
  it('takes port 25 and hands on to the smtpd that was there, with its options', () => {
    const master = plainHost.master.replace('smtpd\n', 'smtpd\n  -o smtpd_proxy_filter=127.0.0.1:10024\n');
    const { master: now } = hardened({ ...plainHost, master });
    expect(now).toMatch(/^smtp\s+inet\s+n\s+-\s+y\s+-\s+1\s+postscreen$/m);
    expect(now).toMatch(/^smtpd\s+pass\s.*\ssmtpd\n\s+-o smtpd_proxy_filter=127\.0\.0\.1:10024$/m);
    expect(now).toMatch(/^dnsblog\s+unix/m);
    expect(now).toMatch(/^tlsproxy\s+unix/m);
  });

  it.each([
    ['users log in there', 'smtpd_sasl_auth_enable = yes\n', ''],
    [
      'an access table',
      'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_client_access hash:/etc/postfix/friends, reject_rbl_client zen.spamhaus.org\n',
      '',
    ],
    ['a proxy', 'smtpd_upstream_proxy_protocol = haproxy\n', ''],
    ['several services', '', '192.0.2.1:smtp inet n - y - - smtpd\n'],
  ])('leaves smtpd in front where that would take something away: %s', (why, main, master) => {
    const host = hostWith(main, master);
    expect(hardened(host).master).not.toMatch(/postscreen/);
    expect(harden(host, { profile }).notes.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(why),
    );
  });

  it('is not there before 2.8', () => {
    expect(hardened(hostWith('', '', '2.7.16')).master).not.toMatch(/postscreen/);
  });
});

describe('a policy server that runs by itself', () => {
  it('takes the place of a program under spawn', () => {
    const spf = { service: 'inet:127.0.0.1:10040' };
    const host = hardened(exampleHost, { profile, spf });
    expect(host.main).toContain('check_policy_service { inet:127.0.0.1:10040, default_action=DUNNO }');
    expect(host.main + host.master).not.toMatch(/policy-spf/);
    expect(audit(host)).toEqual([]);
    expect(harden(host, { profile, spf }).changes).toEqual([]);
  });
});

describe('an open relay', () => {
  const open = hostWith(
    'mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit\n',
  );

  it('is found', () => {
    const errors = audit(open)
      .filter(({ level }) => level === 'error')
      .map(({ rule }) => rule);
    expect(errors).toContain('mynetworks-too-wide');
    expect(errors).toContain('relay-control-missing');
  });

  it('is closed', () => {
    expect(audit(hardened(open)).filter(({ level }) => level === 'error')).toEqual([]);
    expect(after(open, 'smtpd_relay_restrictions')).toBe(
      'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination',
    );
  });
});

it('changes nothing on a host that is as it should be, and asks for no reload', () => {
  expect(harden(hardened(plainHost), { profile })).toMatchObject({ changes: [], checks: [], obstacles: [] });
});

it('asks for a reload last, and for proof of what it touches', () => {
  const { changes, checks } = harden(plainHost, { profile });
  expect(changes.at(-1)).toMatchObject({ type: 'postfix-action', action: 'reload' });
  expect(checks.map(({ id }) => id)).toEqual(['configuration', 'greeting', 'starttls', 'no-relay']);
});

it('sets each thing once', () => {
  const names = changed(exampleHost).filter((name) => !name.startsWith('smtpd_tls_'));
  expect(new Set(names).size).toBe(names.length);
});

describeWith(['postconf'], 'the installed Postfix', () => {
  it.each([
    ['the melted-down host', exampleHost],
    ['a plain host', plainHost],
  ])('reads the hardened form of %s without a complaint', (_name, host) => {
    const all = {
      profile,
      tls: { certificate: '/c.pem', key: '/k.pem' },
      sasl: { type: 'dovecot' },
      spf: true,
      dane: true,
    } as const;
    const { main, master } = hardened(host, all);
    expect(postconf({ main, master })).toEqual({ status: 0, complaints: [] });
  });
});

describe('an input that main.cf cannot hold', () => {
  it.each([
    [
      { hostname: 'a b$c' },
      'host name "a b$c": cannot be that. Write a domain name such as mail.example.com.',
    ],
    [{ relayDomains: ['*'] }, 'relay domain "*": cannot be that'],
    [{ networks: ['300.1.1.1/99'] }, 'network "300.1.1.1/99": cannot be that. Write it as 192.0.2.0/24'],
    [{ networks: ['10.0.0.0/33'] }, 'network "10.0.0.0/33": cannot be that'],
    [{ networks: ['0.0.0.0/0'] }, 'It is a large part of the internet'],
    [{ blockLists: ['zen spamhaus'] }, 'block list "zen spamhaus": cannot be that'],
    [{ dqsKey: 'x\ny' }, 'The DQS key has other characters than letters and digits.'],
    [{ smarthost: { host: 'a\nmynetworks = 0/0' } }, 'smarthost "a\\nmynetworks = 0/0": cannot be that'],
  ])('is refused: %j', (inputs, message) => {
    expect(() => harden(plainHost, { profile: 'internet-mx', ...inputs })).toThrow(message);
  });

  it('is none of what profiles are told', () => {
    const inputs = {
      hostname: 'mx.example.com',
      networks: [
        '192.0.2.0/24',
        '[2001:db8::]/48',
        '10.1.2.3',
        '/etc/postfix/networks',
        'cidr:/etc/postfix/nets',
      ],
      relayDomains: ['example.org'],
      smarthost: { host: '[smtp.example.com]:587', passwords: 'lmdb:/etc/postfix/passwords' },
    };
    expect(() => harden(plainHost, { profile: 'relay-only', ...inputs })).not.toThrow();
  });
});
