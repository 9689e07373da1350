import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyPlan,
  findSecretFiles,
  isSecretFile,
  maskSecrets,
  printPlan,
  redactPlan,
  renderDiff,
  type Change,
} from '@postern/plan';
import { because, planOf, service, setParameter } from './examples.ts';

const secret = 'hunter2';

/** Each holds the secret where such files have it, and what must still be seen. */
const places: readonly { title: string; files: Record<string, string>; shown: string }[] = [
  {
    title: 'a table of passwords, by its name',
    files: { sasl_passwd: `mx joe:${secret}\n` },
    shown: 'mx ********',
  },
  {
    title: 'a table that main.cf names as one',
    files: {
      'main.cf': 'smtp_sasl_password_maps =\n  lmdb:/etc/postfix/relays\n',
      relays: `mx joe:${secret}\n`,
    },
    shown: 'mx ********',
  },
  {
    title: 'a table that a service names as one',
    files: {
      'master.cf':
        'relay unix - - n - - smtp\n  -o smtp_sasl_password_maps=texthash:${config_directory}/relays\n',
      relays: `mx joe:${secret}\n`,
    },
    shown: 'mx ********',
  },
  {
    title: 'the comments of such a table',
    files: { sasl_passwd: `# old: joe:${secret}\n\n` },
    shown: '# ********\n\n',
  },
  {
    title: 'a password in main.cf itself',
    files: { 'main.cf': `smtp_sasl_password_maps = static:joe:${secret}\n` },
    shown: 'smtp_sasl_password_maps = static:********\n',
  },
  {
    title: 'a password on a continuation line',
    files: {
      'main.cf': `smtp_sasl_password_maps = inline:{\n   mx=joe:${secret}\n   other=ann:${secret} }\nbiff = no\n`,
    },
    shown: 'biff = no',
  },
  {
    title: 'a password that begins on a continuation line',
    files: {
      'main.cf': `smtp_sasl_password_maps = lmdb:/etc/postfix/x,\n# why\n  static:joe:${secret}\na_password =\n  ${secret}\nbiff = no\n`,
    },
    shown: 'lmdb:/etc/postfix/x,\n# why\n  static:********\na_password =\n  ********\nbiff = no\n',
  },
  {
    title: 'a password in an option among others',
    files: {
      'master.cf': `x unix - - n - - smtp\n  -o smtp_sasl_password_maps=static:joe:${secret}\n  -o smtp_tls_security_level=may\n`,
    },
    shown: '=static:********\n  -o smtp_tls_security_level=may\n',
  },
  {
    title: 'a password in master.cf',
    files: {
      'master.cf': `relay unix - - n - - smtp\n  -o { smtp_sasl_password_maps = static:joe:${secret} }\n`,
    },
    shown: 'relay unix - - n - - smtp\n',
  },
  {
    title: 'the password of a database',
    files: { 'sql/users.cf': `user = postfix\npassword = ${secret}\n` },
    shown: 'user = postfix\npassword = ********\n',
  },
  {
    title: 'the password of a directory, in main.cf too',
    files: { 'main.cf': `accounts_bind_pw = ${secret}\n` },
    shown: 'accounts_bind_pw = ********\n',
  },
  {
    title: 'a password that was commented out',
    files: { 'main.cf': `#smtp_sasl_password_maps = static:joe:${secret}\n` },
    shown: '#smtp_sasl_password_maps',
  },
  {
    title: 'a password in an address',
    files: { 'proxy.cf': `hosts = ldap://joe:${secret}@ldap.example.com/\n` },
    shown: 'ldap://joe:********@ldap.example.com/',
  },
  {
    title: 'a private key',
    files: {
      'mx.pem': `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\npublic\n`,
    },
    shown:
      '-----BEGIN PRIVATE KEY-----\n********\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\npublic\n',
  },
  {
    title: 'the key of a block list',
    files: {
      'main.cf': `smtpd_client_restrictions = reject_rbl_client ${secret.repeat(3)}.zen.dq.spamhaus.net=127.0.0.[2..11]\n`,
    },
    shown: '********.zen.dq.spamhaus.net=127.0.0.[2..11]',
  },
];

describe('maskSecrets', () => {
  for (const { title, files, shown } of places) {
    it(`masks ${title}`, () => {
      const masked = Object.values(maskSecrets(files)).join('');
      expect(masked).not.toContain(secret);
      expect(masked).toContain(shown);
    });
  }

  it('leaves what is public alone', () => {
    const files = {
      'main.cf': [
        'smtp_sasl_password_maps = lmdb:/etc/postfix/relays',
        'smtpd_tls_key_file = /etc/ssl/private/mx.key',
        'smtpd_sasl_path = private/auth',
        '# set the password in sasl_passwd',
        'virtual_mailbox_maps = mysql:/etc/postfix/sql/users.cf, static:all',
        'reject = zen.spamhaus.org=127.0.0.[2..11]',
        '',
      ].join('\n'),
      transport: 'example.com smtp:[mx]:25\n',
    };
    expect(maskSecrets(files)).toEqual(files);
  });

  it('keeps as many lines as there were', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\n', '\r', ' ', '#', 'a', '=', 'password', 'static:') }),
        (text) => {
          for (const path of ['main.cf', 'sasl_passwd']) {
            expect(maskSecrets({ [path]: text })[path]!.split('\n')).toHaveLength(text.split('\n').length);
          }
        },
      ),
    );
  });
});

describe('isSecretFile', () => {
  it('goes by the name, and by what main.cf says', () => {
    expect(
      ['sasl_passwd', '/etc/postfix/relay-passwords', 'mx.key', 'maps/client_secrets'].every((path) =>
        isSecretFile(path),
      ),
    ).toBe(true);
    expect(['main.cf', 'transport', 'keys/README', 'mx.crt'].some((path) => isSecretFile(path))).toBe(false);
    const named = findSecretFiles({
      'main.cf': 'smtpd_tls_chain_files = /etc/ssl/mx.pem,\n  $config_directory/ec.pem\n',
    });
    expect([
      isSecretFile('ec.pem', named),
      isSecretFile('/etc/ssl/mx.pem', named),
      isSecretFile('other.pem', named),
    ]).toEqual([true, true, false]);
  });
});

describe('redactPlan', () => {
  const plan = planOf(
    setParameter('smtp_sasl_password_maps', 'static:joe:hunter2'),
    setParameter('lmtp_sasl_password_maps', 'lmdb:relays'),
    { type: 'put-file', path: 'relays', content: 'mx joe:hunter2\n', because },
    {
      type: 'put-service',
      service: service('relay', { options: [{ name: 'x_bind_pw', value: secret }] }),
      because,
    },
    {
      type: 'set-service-option',
      name: 'relay',
      serviceType: 'unix',
      option: 'smtp_sasl_password_maps',
      value: 'inline:{mx=joe:hunter2}',
      because,
    },
  );

  it('shows no secret of a plan, and everything else', () => {
    const shown = printPlan(redactPlan(plan));
    expect(shown).not.toContain(secret);
    expect(shown).toContain('"lmdb:relays"');
    expect(redactPlan(plan).changes.map(({ type }) => type)).toEqual(plan.changes.map(({ type }) => type));
  });

  it('agrees with the diff of the same plan', () => {
    const files = { 'main.cf': '', 'master.cf': '' };
    expect(renderDiff(files, applyPlan(files, plan), { plan })).not.toContain(secret);
  });

  it('leaves a plan without secrets as it is', () => {
    const plain: Change[] = [
      setParameter('biff', 'no'),
      { type: 'put-service', service: service('x'), because },
    ];
    expect(redactPlan(planOf(...plain))).toEqual(planOf(...plain));
  });
});
