import { modernise } from '@postern/hardening';
import { applyPlan } from '@postern/plan';
import { describeWith } from '@postern/testbed';
import { expect, it, vi } from 'vitest';
import { postconf } from '../postconf.ts';
import { stock } from '../transcript/configurations.ts';
import { send } from '../transcript/envelope.ts';
import { host, partner, traveller, user } from '../transcript/scene.ts';
import { withHost, type HostFiles } from '../transcript/transcript.ts';

// A busy machine takes several times as long as an idle one.
vi.setConfig({ testTimeout: 120_000 });

/** A mail server as it was written for Postfix 2.7, in the words of that time and some older ones. */
const old: HostFiles = {
  main: [
    `myhostname = ${host.name}`,
    'mydomain = yourdomain.no',
    'myorigin = $mydomain',
    'mydestination = $mydomain, $myhostname, localhost',
    'mynetworks = 127.0.0.0/8',
    'alias_maps = hash:/etc/aliases',
    'alias_database = hash:/etc/aliases',
    'smtpd_use_tls = yes',
    'smtpd_tls_cert_file = /etc/ssl/certs/mail_yourdomain_no.pem',
    'smtpd_tls_key_file = /etc/ssl/private/mail_yourdomain_no.key',
    'smtpd_tls_protocols = !SSLv2, !SSLv3',
    'smtp_use_tls = yes',
    'smtpd_recipient_restrictions = permit_mynetworks, reject_non_fqdn_hostname, reject_unauth_destination',
    'maps_rbl_domains = zen.spamhaus.org',
    'smtpd_client_restrictions = permit_mynetworks, reject_maps_rbl',
    '',
  ].join('\n'),
  master: stock.master.replaceAll(/^(\S+\s+(?:inet|unix)\s+\S+\s+\S+\s+)y/gm, '$1-'),
};

function modernised(to: string): HostFiles {
  const { main, master } = old;
  const plan = modernise({ main, master, version: '2.7.16' }, { from: '2.7.16', to });
  const files = applyPlan({ 'main.cf': main, 'master.cf': master }, plan);
  return { main: files['main.cf']!, master: files['master.cf']! };
}

const needs = ['root', 'namespaces', 'ip', 'postfix', 'openssl', 'saslpasswd2', 'policyd-spf'];

describeWith(needs, 'a host of 2.7 that is brought to 3.7', () => {
  const after = modernised('3.7.11');

  it('says nothing in old words', () => {
    expect(postconf(after)).toEqual({ status: 0, complaints: [] });
    expect(after.main).not.toMatch(/use_tls|reject_maps_rbl|non_fqdn_hostname/);
  });

  it('starts without a complaint, takes mail for its users, and refuses what it refused', async () => {
    await withHost(after, 'well', async ({ lab, postfix }) => {
      const mail = { sender: 'ola@example.org', recipient: user.mail };
      expect(await send(lab, { client: partner, ...mail }, 'modernised')).toMatchObject({ accepted: true });
      const delivered = await postfix.deliveredMail();
      expect(delivered.map(({ mailbox }) => mailbox)).toEqual([user.name]);
      expect(delivered[0]?.text).toContain('\nSubject: modernised\n');
      expect(
        await send(lab, { client: partner, ...mail, recipient: 'victim@example.com' }, 'relayed'),
      ).toMatchObject({ accepted: false, reply: { code: 554 } });
      expect(await send(lab, { client: traveller, ...mail }, 'listed')).toMatchObject({
        accepted: false,
        reply: { code: 554 },
      });
      expect(postfix.complaints()).toEqual([]);
    });
  });
});
