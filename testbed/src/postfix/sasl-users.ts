import type { Lab } from '../lab/lab.ts';

/** Sets up Cyrus SASL for smtpd with these passwords by `user@realm`, inside and outside of its chroot. */
export async function saslUsers(lab: Lab, passwords: Readonly<Record<string, string>>): Promise<void> {
  if (Object.keys(passwords).length === 0) return;
  lab.write(
    '/etc/postfix/sasl/smtpd.conf',
    'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n',
  );
  for (const [name, password] of Object.entries(passwords)) {
    const [user = '', realm = ''] = name.split('@');
    const { status, stderr } = await lab.run('saslpasswd2', ['-c', '-p', '-u', realm, user], {
      stdin: password,
    });
    if (status !== 0) throw new Error(`no password for ${name}: ${stderr}`);
  }
  const chroot = '/var/spool/postfix/etc';
  await lab.run('sh', [
    '-ec',
    `chgrp postfix /etc/sasldb2; chmod 640 /etc/sasldb2; mkdir -p ${chroot}; cp -p /etc/sasldb2 ${chroot}/`,
  ]);
}
