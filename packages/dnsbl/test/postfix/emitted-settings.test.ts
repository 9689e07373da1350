import { defaultPolicy, knownLists, planBlockLists, type BlockListPolicy } from '@postern/dnsbl';
import {
  describeWith,
  smtp,
  startLab,
  startPostfix,
  startRbldnsd,
  type Lab,
  type Postfix,
} from '@postern/testbed';
import type { Plan } from '@postern/plan';
import { afterEach, beforeEach, expect, it } from 'vitest';

const target = { name: '/etc/postfix', postfix: '3.7.11' };
const key = 'abcdefghijklmnopqrstuvwxyz';

/** The files that a plan makes, as startPostfix takes them. */
function host(plan: Plan, before: string): { main: string; files: Record<string, string> } {
  const settings = plan.changes.flatMap((change) =>
    change.type === 'set-parameter' ? [`${change.name} = ${change.value}\n`] : [],
  );
  const files = plan.changes.flatMap((change) =>
    change.type === 'put-file' ? [[`/etc/postfix/${change.path}`, change.content] as const] : [],
  );
  return { main: before + settings.join(''), files: Object.fromEntries(files) };
}

const base = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = example.com
local_recipient_maps =
mynetworks = 10.0.0.0/8
smtpd_authorized_xclient_hosts = 127.0.0.0/8
postscreen_greet_wait = 1s
postscreen_cache_map =
`;

const master = `smtp      inet  n - n - 1 postscreen
smtpd     pass  - - n - - smtpd
2525      inet  n - n - - smtpd
dnsblog   unix  - - n - 0 dnsblog
tlsproxy  unix  - - n - 0 tlsproxy
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
anvil     unix  - - n - 1 anvil
proxymap  unix  - - n - - proxymap
local     unix  - n n - - local
postlog   unix-dgram n - n - 1 postlogd
`;

describeWith(['root', 'namespaces', 'postfix', 'rbldnsd'], 'the emitted settings in the real Postfix', () => {
  let lab: Lab;
  let postfix: Postfix | undefined;
  beforeEach(async () => {
    lab = await startLab();
    const zone = (name: string, data: string) => ({ zone: name, type: 'ip4set' as const, data });
    await startRbldnsd({
      lab,
      zones: [
        zone('zen.spamhaus.org', '5.5.5.5 :127.0.0.2:see $\n5.5.5.6 :127.255.255.254:open resolver\n'),
        zone(
          `${key}.zen.dq.spamhaus.net`,
          '5.5.5.5 :127.0.0.2:see $\n5.5.5.6 :127.255.255.254:open resolver\n',
        ),
        zone('bl.spamcop.net', '5.5.5.5 :127.0.0.2:see $\n5.5.5.6 :203.0.113.9:for sale\n'),
        zone('list.dnswl.org', '5.5.5.7 :127.0.5.3:\n5.5.5.6 :127.0.0.255:\n'),
      ],
    });
  });
  afterEach(async () => {
    await postfix?.stop();
    await lab.close();
  });

  /** What the SMTP server says to a recipient from a client with that address. */
  const rcpt = async (ADDR: string): Promise<{ code: number; text: string }> => {
    await using session = await smtp(lab, { port: 2525 });
    await session.ehlo('client.example.org');
    await session.xclient({ ADDR, NAME: '[UNAVAILABLE]' });
    await session.ehlo('client.example.org');
    await session.mail('a@example.org');
    const { code, ...reply } = await session.rcpt('b@example.com');
    await session.quit();
    return { code, text: JSON.stringify(reply) };
  };

  it('smtpd turns listed clients away with a reason, others never, and keeps the key to itself', async () => {
    const policy: BlockListPolicy = {
      lists: [{ list: 'spamhaus-zen', key }, 'bl.spamcop.net', 'list.dnswl.org'],
    };
    const plan = planBlockLists(policy, {
      target,
      place: 'smtpd',
      restrictions: 'permit_mynetworks, reject_unauth_destination',
    });
    postfix = await startPostfix(lab, { ...host(plan, base), master, greets: 2525 });
    const listed = await rcpt('5.5.5.5');
    expect(listed.code).toBe(554);
    expect(listed.text).toMatch(/blocked using Spamhaus ZEN; see 5\.5\.5\.5[^;]*$/);
    expect(listed.text).not.toContain(key);
    // Error codes of ZEN and DNSWL, and a parked SpamCop.
    expect((await rcpt('5.5.5.6')).code).toBe(250);
    expect((await rcpt('9.9.9.9')).code).toBe(250);
    expect(await postfix.settledLog()).not.toMatch(/(warning|fatal|error): (?!.*hostname)/);
  });

  it('postscreen adds up what counts', async () => {
    const plan = planBlockLists(defaultPolicy, { target });
    postfix = await startPostfix(lab, { ...host(plan, base), master, greets: 2525 });
    const ask = async (from: string): Promise<number> => {
      await using session = await smtp(lab, { from, port: 25 });
      await session.ehlo('client.example.org');
      await session.mail('a@example.org');
      return (await session.rcpt('b@example.com')).code;
    };
    expect(await Promise.all(['5.5.5.5', '5.5.5.6', '9.9.9.9'].map(ask))).toEqual([550, 250, 250]);
    expect(await postfix.settledLog()).toMatch(/DNSBL rank 5 for \[5\.5\.5\.5\]/);
  });

  it('postscreen accepts every list of the registry', async () => {
    const lists = knownLists.map((list) => (list.terms.access === 'key' ? { list, key } : { list }));
    const plan = planBlockLists({ lists }, { target });
    postfix = await startPostfix(lab, { ...host(plan, base), master, greets: 25 });
    expect(await postfix.settledLog()).not.toMatch(/fatal|bad DNSBL/);
  });
});
