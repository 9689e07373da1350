import { createResolver } from '@postern/dns';
import { fixtureResolver } from '@postern/dns/fixture';
import { describe, expect, it } from 'vitest';
import { simulate, type Configuration, type Transaction, type Verdict, type World } from '@postern/simulator';

const base = `compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com
mynetworks = 127.0.0.0/8
alias_maps =
`;
const world: World = { resolver: fixtureResolver({}), users: ['kari'], hostname: 'mail.example.com' };
const stranger = { address: '198.51.100.7', name: 'mx.example.org' };
const mail: Transaction = { client: stranger, helo: 'mx.example.org', from: '', to: ['kari@example.com'] };

function configuration(main: string, rest: Partial<Configuration> = {}): Configuration {
  return { main: base + main, version: '3.7.11', ...rest };
}

function verdictOf(
  config: Configuration,
  transaction: Partial<Transaction> = {},
  around: World = world,
): Verdict {
  const verdict = simulate(config, { ...mail, ...transaction }, around);
  if (verdict instanceof Promise) throw new Error('the answers were all there');
  return verdict;
}

describe('a verdict', () => {
  it('names the line that decides, also where a parameter leads elsewhere', () => {
    const config = configuration(`partners = check_client_access inline:{198.51.100.7=REJECT},
    reject_unauth_destination
smtpd_recipient_restrictions = permit_mynetworks,
    $partners
`);
    expect(verdictOf(config).decidedBy).toEqual({
      list: 'smtpd_recipient_restrictions',
      restriction: 'check_client_access',
      argument: 'inline:{198.51.100.7=REJECT}',
      file: 'main.cf',
      line: 6,
    });
  });

  it('is of the service that the client reaches, with its -o', () => {
    const master = `smtp inet n - y - - smtpd
submission inet n - y - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
`;
    const config = configuration('smtpd_sasl_auth_enable = yes\n', { master });
    expect(verdictOf(config).outcome).toBe('accept');
    const plain = verdictOf(config, { service: 'submission' });
    expect(plain.reply).toEqual({
      code: 530,
      enhanced: '5.7.0',
      text: 'Must issue a STARTTLS command first',
    });
    const refused = verdictOf(config, { service: '587', tls: true });
    expect(refused.decidedBy).toMatchObject({ restriction: 'reject', file: 'master.cf', line: 4 });
    expect(verdictOf(config, { service: 'submission', tls: {}, user: 'kari' }).outcome).toBe('accept');
  });

  it('waits for an answer that is not there yet, and comes at once otherwise', async () => {
    const resolver = createResolver({ servers: ['127.0.0.1:9'], timeout: 20, deadline: 40 });
    const config = configuration('smtpd_recipient_restrictions = reject_rbl_client bl.example.net\n');
    const later = simulate(config, mail, { ...world, resolver });
    expect(later).toBeInstanceOf(Promise);
    expect((await later).outcome).toBe('accept');
    await resolver.close();
  });

  it('tells what it hangs on, and every way it may go', () => {
    const config = configuration(
      'smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:10031, reject\n',
    );
    const verdict = verdictOf(config);
    expect(verdict.outcome).toBe('unknown');
    expect(verdict.unknown).toMatchObject([
      { what: 'policy', name: 'inet:127.0.0.1:10031', file: 'main.cf' },
    ]);
    expect(verdict.possible.map(({ outcome, reply }) => `${outcome} ${reply.code}`)).toEqual([
      'reject 554',
      'accept 250',
    ]);
    expect(verdictOf(config, {}, { ...world, policy: () => 'OK' }).outcome).toBe('accept');
  });

  it('is certain where what is not known makes no difference', () => {
    const config = configuration(
      'smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:10031\nsmtpd_data_restrictions = reject\n',
    );
    expect(verdictOf(config, { to: ['kari@example.org'] })).toMatchObject({ outcome: 'defer', unknown: [] });
  });

  it('needs an SQL table only for what is looked up in it', () => {
    const config = configuration(
      'virtual_mailbox_domains = box.example\nvirtual_mailbox_maps = mysql:/etc/postfix/boxes.cf\n',
    );
    expect(verdictOf(config, { to: ['kari@box.example'] }).unknown).toMatchObject([
      { what: 'table', name: 'mysql:/etc/postfix/boxes.cf' },
    ]);
    const tables = (): { status: 'absent' } => ({ status: 'absent' });
    expect(verdictOf(config, { to: ['kari@box.example'] }, { ...world, tables }).reply.code).toBe(550);
  });

  it('takes each recipient by itself', () => {
    const { outcome, replies } = verdictOf(configuration(''), {
      to: ['kari@example.com', 'x@example.org'],
      data: true,
    });
    expect(outcome).toBe('accept');
    expect(replies.map(({ stage, reply }) => `${stage} ${reply.code}`)).toEqual([
      'CONNECT 220',
      'HELO 250',
      'MAIL 250',
      'RCPT 250',
      'RCPT 454',
      'DATA 354',
      'END-OF-DATA 250',
    ]);
  });

  it('has the relay list only since 2.10', () => {
    const main =
      'smtpd_relay_restrictions = reject\nsmtpd_recipient_restrictions = reject_unauth_destination\n';
    expect(verdictOf(configuration(main)).outcome).toBe('reject');
    expect(verdictOf({ ...configuration(main), version: '2.9.6' }).outcome).toBe('accept');
  });

  it('stops a client that goes beyond its rate', () => {
    const config = configuration('smtpd_client_message_rate_limit = 10\n');
    expect(verdictOf(config, { counters: { messageRate: 11 } }).reply).toMatchObject({
      code: 450,
      enhanced: '4.7.1',
    });
    expect(verdictOf(config, { counters: { messageRate: 10 } }).outcome).toBe('accept');
  });

  it('begins with postscreen where postscreen listens', () => {
    const master = 'smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n';
    const config = configuration(
      'postscreen_dnsbl_sites = bl.example.net*2\npostscreen_dnsbl_threshold = 2\npostscreen_dnsbl_action = enforce\npostscreen_greet_action = drop\n',
      { master },
    );
    const resolver = fixtureResolver({ '7.100.51.198.bl.example.net': { A: ['127.0.0.2'] } });
    expect(verdictOf(config, {}, { ...world, resolver }).reply.text).toBe(
      'Service unavailable; client [198.51.100.7] blocked using bl.example.net',
    );
    expect(verdictOf(config, { postscreen: { pregreet: true } }).reply.code).toBe(521);
    expect(verdictOf(config).outcome).toBe('accept');
  });
});

describe('bad input', () => {
  it('tells of classes that lead back to themselves, with the place', () => {
    const config = configuration(`smtpd_restriction_classes = a, b
a = b
b = a
smtpd_recipient_restrictions = reject_unauth_destination, a
`);
    const { problems, reply } = verdictOf(config);
    expect(problems).toMatchObject([{ file: 'main.cf', line: 7 }]);
    expect(reply.code).toBe(421);
  });

  it('tells that smtpd would not start', () => {
    const config = configuration('smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit\n');
    expect(verdictOf(config).reply).toMatchObject({ code: 421 });
  });

  it('answers 451 for a table that is not there and a restriction that is none', () => {
    const missing = configuration(
      'smtpd_recipient_restrictions = check_client_access hash:/nowhere, reject\n',
      { files: () => undefined },
    );
    expect(verdictOf(missing).reply).toMatchObject({ code: 451, enhanced: '4.3.5' });
    const misspelt = configuration('smtpd_recipient_restrictions = reject_unauth_destinations, reject\n');
    expect(verdictOf(misspelt).decidedBy).toMatchObject({
      restriction: 'reject_unauth_destinations',
      line: 6,
    });
  });
});
