import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { harden, type HardenOptions, type ProfileName } from '@postern/hardening';
import { applyPlan } from '@postern/plan';
import { host } from './scene.ts';
import type { HostFiles } from './transcript.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');

/** The melted-down host: the guide's lines in a Debian default, mended so far that Postfix reads them. */
export const mended: HostFiles = {
  main: read('../../../../examples/quickstart/host/main.cf'),
  master: read('../../../../examples/quickstart/host/master.cf'),
};

/** The same host with the guide's lines as they are printed: every line begins at the margin. */
export const asPrinted: HostFiles = { main: toTheMargin(mended.main), master: toTheMargin(mended.master) };

/** What Debian 12 sets up for an Internet Site. */
export const stock: HostFiles = {
  main: read('stock-debian/main.cf'),
  master: readFileSync('/usr/share/postfix/master.cf.dist', 'utf8'),
};

/** Debian's host after somebody followed what lynis says and "made it work": everybody is in mynetworks. */
export const openRelay: HostFiles = {
  ...stock,
  main: stock.main
    .replace(/^smtpd_banner = .*$/m, 'smtpd_banner = $myhostname ESMTP\ndisable_vrfy_command = yes')
    .replace(/^mynetworks = .*$/m, 'mynetworks = 0.0.0.0/0 [::]/0')
    .replace(
      /^smtpd_relay_restrictions = .*$/m,
      'smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination',
    ),
};

/** What each profile makes of the melted-down host, when it is told what that profile asks for. */
export const hardenedBy: Readonly<Record<ProfileName, HostFiles>> = {
  'internet-mx': hardenHost(mended, {
    profile: 'internet-mx',
    sasl: { type: 'cyrus' },
    ownResolver: true,
    spf: true,
  }),
  submission: hardenHost(mended, { profile: 'submission', sasl: { type: 'cyrus' } }),
  'relay-only': hardenHost(mended, {
    profile: 'relay-only',
    smarthost: { host: '[mx.example.com]' },
    networks: ['192.0.2.0/25'],
  }),
  'null-client': hardenHost(mended, { profile: 'null-client', smarthost: { host: '[mx.example.com]' } }),
  'backup-mx': hardenHost(mended, {
    profile: 'backup-mx',
    relayDomains: ['example.org'],
    ownResolver: true,
    spf: false,
  }),
};

/** What the profile makes of the melted-down host. */
export const hardened: HostFiles = hardenedBy['internet-mx'];

function hardenHost({ main, master }: HostFiles, options: HardenOptions): HostFiles {
  const plan = harden(
    {
      main,
      master,
      version: '3.7.11',
      // As Debian's postfix-policyd-spf-python leaves it.
      files: (path) =>
        path === '/etc/passwd' ? 'policyd-spf:x:108:111::/nonexistent:/usr/sbin/nologin\n' : undefined,
    },
    {
      hostname: host.name,
      tls: {
        certificate: '/etc/ssl/certs/mail_yourdomain_no.pem',
        key: '/etc/ssl/private/mail_yourdomain_no.key',
      },
      ...options,
    },
  );
  if (plan.obstacles.length > 0) throw new Error(plan.obstacles[0]!.message);
  const {
    'main.cf': newMain = '',
    'master.cf': newMaster = '',
    ...others
  } = applyPlan({ 'main.cf': main, 'master.cf': master }, plan);
  return {
    main: newMain,
    master: newMaster,
    files: Object.fromEntries(
      Object.entries(others).map(([path, text]) => [resolve('/etc/postfix', path), text]),
    ),
    tables: plan.changes.flatMap((change) =>
      change.type === 'postfix-action' && change.table ? [change.table] : [],
    ),
  };
}

function toTheMargin(text: string): string {
  const start = text.indexOf('# ---- pasted from the hardening guide ----');
  if (start === -1) throw new Error('the example host no longer says where the lines of the guide begin');
  return text.slice(0, start) + text.slice(start).replace(/^[ \t]+/gm, '');
}
