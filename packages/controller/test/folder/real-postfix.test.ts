import { spawnSync } from 'node:child_process';
import { describeWith } from '@postern/testbed';
import { expect, it } from 'vitest';
import { because, planOf } from './example-folder.ts';
import { programArguments } from './run-program.ts';

const plan = planOf(
  { type: 'put-file', path: 'maps/sasl_passwd', content: 'mx joe:hunter2\n', because },
  { type: 'set-parameter', name: 'smtpd_helo_required', value: 'yes', because },
  {
    type: 'set-service-option',
    name: 'smtp',
    serviceType: 'inet',
    option: 'smtpd_client_restrictions',
    value: 'reject',
    because,
  },
);

/** Stands in for the machine's own Postfix, in a mount namespace: /etc/postfix and what the check may write to. */
const script = `
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
cp -a /etc/postfix/. /mnt
mount --bind /mnt /etc/postfix
mount -t tmpfs tmpfs /var/spool/postfix
mount -t tmpfs tmpfs /var/lib/postfix
chown postfix:postfix /var/lib/postfix
cd /etc/postfix
rm -rf .postern
printf 'compatibility_level = 3.6\\nmyhostname = mx.example.com\\nsmtpd_helo_required = no\\n' > main.cf
printf 'smtp inet n - n - - smtpd\\n' > master.cf
"$@" >&2
postfix check 2>&1
echo "check $?"
postconf -n smtpd_helo_required
postconf -P
`;

describeWith(['root', 'namespaces', 'postfix', 'postconf'], 'Postfix itself', () => {
  it('finds nothing wrong with the folder, our state in it, and reads what was applied', () => {
    const job = JSON.stringify({ action: 'apply', directory: '/etc/postfix', plan });
    const { stdout, stderr, status } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', process.execPath, ...programArguments, job],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stdout + stderr);
    expect(stdout.split('\n').filter(Boolean)).toEqual([
      'check 0',
      'smtpd_helo_required = yes',
      'smtp/inet/smtpd_client_restrictions = reject',
    ]);
  });
});
