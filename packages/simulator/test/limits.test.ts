import {
  simulate,
  type Configuration,
  type Counters,
  type Transaction,
  type Verdict,
} from '@postern/simulator';
import { expect, it } from 'vitest';

const main = `compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com
mynetworks = 192.0.2.0/24
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_reject_unlisted_recipient = no
smtpd_client_connection_count_limit = 2
smtpd_client_connection_rate_limit = 2
smtpd_client_message_rate_limit = 2
smtpd_client_recipient_rate_limit = 2
smtpd_client_new_tls_session_rate_limit = 2
smtpd_client_auth_rate_limit = 2
smtpd_authorized_xclient_hosts = proxy.example.org
`;
const client = { address: '198.51.100.7', name: 'mx.example.org' };
const transaction: Transaction = {
  client,
  helo: 'mx.example.org',
  tls: true,
  user: 'kari',
  from: 'a@example.org',
  to: ['kari@example.com'],
};

function verdictOf(
  counters: Counters,
  change: Partial<Transaction> = {},
  configuration: Partial<Configuration> = {},
): Verdict {
  const config = { main, version: '3.7.11', ...configuration };
  const verdict = simulate(config, { ...transaction, ...change, counters });
  if (verdict instanceof Promise) throw new Error('nothing had to be waited for');
  return verdict;
}

const all = [
  'connections',
  'connectionRate',
  'messageRate',
  'recipientRate',
  'newTlsSessionRate',
  'authRate',
];

it.each(all)('takes what is within the limit, and no more: %s', (counter) => {
  expect(verdictOf({ [counter]: 2 }).outcome).toBe('accept');
  expect(verdictOf({ [counter]: 3 }).outcome).toBe('defer');
});

it.each(all)('has no limit for mynetworks and for who speaks for others: %s', (counter) => {
  for (const exempt of [{ address: '192.0.2.1' }, { address: '198.51.100.8', name: 'proxy.example.org' }])
    expect(verdictOf({ [counter]: 99 }, { client: exempt }).outcome).toBe('accept');
});

it('knows the limits that the version has', () => {
  expect(verdictOf({ authRate: 3 }, {}, { version: '3.0.4' }).outcome).toBe('accept');
  expect(verdictOf({ newTlsSessionRate: 3 }, {}, { version: '2.2.12' }).outcome).toBe('accept');
});

it('ends a session whose handshake is the first too many, and makes none with who had too many before', () => {
  const text = 'too many new TLS sessions from mx.example.org[198.51.100.7]';
  const last = (count: number): unknown => verdictOf({ newTlsSessionRate: count }).replies.at(-1);
  expect(last(3)).toMatchObject({
    stage: 'STARTTLS',
    reply: { code: 421, enhanced: '4.7.0', text: `mail.example.com Error: ${text}` },
  });
  expect(last(4)).toMatchObject({
    stage: 'STARTTLS',
    reply: { code: 454, enhanced: '4.7.0', text: `Error: ${text}` },
  });
  expect(verdictOf({ newTlsSessionRate: 4 }, { tls: false, user: undefined }).outcome).toBe('accept');
});

it('counts before postscreen by its own limit, from which nobody is let off', () => {
  const master = 'smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n';
  const verdict = verdictOf({ connections: 3 }, { client: { address: '192.0.2.1' } }, { master });
  expect(verdict.reply).toEqual({ code: 421, enhanced: '4.7.0', text: 'Error: too many connections' });
  expect(verdict.decidedBy?.restriction).toBe('postscreen_client_connection_count_limit');
});

it('finds nobody behind postscreen where master.cf has no smtpd of type pass', () => {
  const { reply, decidedBy } = verdictOf({}, {}, { master: 'smtp inet n - y - 1 postscreen\n' });
  expect(reply.code).toBe(421);
  expect(decidedBy?.restriction).toBe('smtpd_service_name');
});
