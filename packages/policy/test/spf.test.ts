import { fixtureResolver, parseZones } from '@postern/dns';
import { describe, expect, it } from 'vitest';
import { decide, printAction, readRequest, spfHandler, type SpfHandlerOptions } from '../src/index.ts';

const { zones } = parseZones(
  JSON.stringify({
    'pass.example': { TXT: [['v=spf1 ip4:192.0.2.1 -all']] },
    'soft.example': { TXT: [['v=spf1 ~all']] },
    'neutral.example': { TXT: [['v=spf1 ?all']] },
    'broken.example': { TXT: [['v=spf1 ip4:nonsense -all']] },
    'down.example': { TXT: 'SERVFAIL' },
    'nomail.example': { TXT: [['v=spf1 -all']] },
    'explained.example': { TXT: [['v=spf1 -all exp=why.explained.example']] },
    'why.explained.example': { TXT: [['Go away,\r\naction=OK']] },
    'mx.forwarder.example': { A: ['192.0.2.9'] },
    'forwarder.example': { TXT: [['v=spf1 ip4:192.0.2.9 -all']] },
    '9.2.0.192.in-addr.arpa': { PTR: ['mx.forwarder.example'] },
  }),
);

const stop = new AbortController().signal;

function handler(options: Partial<SpfHandlerOptions> = {}) {
  let queries = 0;
  const fixture = fixtureResolver(zones);
  const resolver: SpfHandlerOptions['resolver'] = {
    resolve(name, type, each) {
      queries++;
      return fixture.resolve(name, type, each);
    },
  };
  const spf = spfHandler({ resolver, receiver: 'mx.test', ...options });
  return {
    queries: () => queries,
    async ask(
      sender: string,
      extra: Record<string, string> = {},
    ): Promise<{ line: string; notes: readonly string[] }> {
      const { action, prepends, notes } = await decide(
        [spf],
        readRequest({
          protocol_state: 'RCPT',
          client_address: '192.0.2.200',
          helo_name: 'client.example',
          recipient: 'kari@example.org',
          sender,
          ...extra,
        }),
        stop,
      );
      return { line: printAction(prepends[0] ?? action), notes };
    },
  };
}

const strict: Partial<SpfHandlerOptions> = {
  mailFrom: { refuse: 'fail' },
  helo: { refuse: 'fail' },
  permerror: 'reject',
  temperror: 'defer',
};

describe('the SPF handler', () => {
  it.each([
    [
      'info@pass.example',
      { client_address: '192.0.2.1' },
      /^PREPEND Received-SPF: pass \(mx\.test: .*client-ip=192\.0\.2\.1.*$/,
    ],
    ['info@pass.example', {}, /^PREPEND Received-SPF: fail /],
    ['info@soft.example', {}, /^PREPEND Received-SPF: softfail /],
    ['info@neutral.example', {}, /^PREPEND Received-SPF: neutral /],
    ['info@nothing.example', {}, /^PREPEND Received-SPF: none /],
    ['info@broken.example', {}, /^PREPEND Received-SPF: permerror /],
    ['info@down.example', {}, /^PREPEND Received-SPF: temperror /],
    [
      '',
      { helo_name: 'pass.example', client_address: '192.0.2.1' },
      /^PREPEND Received-SPF: pass .*identity=helo/,
    ],
  ])('marks %s %j and refuses nothing unless it is told to', async (sender, extra, line) => {
    expect((await handler().ask(sender, extra)).line).toMatch(line);
  });

  it.each([
    ['info@pass.example', /^550 5\.7\.23 Message rejected due to SPF fail/],
    ['info@soft.example', /^PREPEND Received-SPF: softfail/],
    ['info@broken.example', /^550 5\.7\.24 /],
    ['info@down.example', /^DEFER_IF_PERMIT 4\.7\.24 /],
    ['info@nothing.example', /^PREPEND Received-SPF: none/],
  ])('refuses what it is told to refuse: %s', async (sender, line) => {
    expect((await handler(strict).ask(sender)).line).toMatch(line);
  });

  it.each([
    ['softfail', 'info@soft.example', /^550/],
    ['softfail', 'info@neutral.example', /^PREPEND/],
    ['not-pass', 'info@neutral.example', /^550/],
    ['not-pass', 'info@nothing.example', /^PREPEND/],
    ['not-pass', 'info@broken.example', /^PREPEND/],
  ] as const)('with refuse %s, %s', async (refuse, sender, line) => {
    expect((await handler({ mailFrom: { refuse } }).ask(sender)).line).toMatch(line);
  });

  it('refuses a HELO name that fails before the sender is looked at', async () => {
    const { line } = await handler(strict).ask('info@nothing.example', { helo_name: 'nomail.example' });
    expect(line).toMatch(/^550 5\.7\.23/);
  });

  it('with null-sender-fail refuses a failing HELO of bounces only', async () => {
    const { ask } = handler({ helo: { refuse: 'null-sender-fail' } });
    expect((await ask('', { helo_name: 'nomail.example' })).line).toMatch(/^550/);
    expect((await ask('info@nothing.example', { helo_name: 'nomail.example' })).line).toMatch(/^PREPEND/);
  });

  it('can refuse only for domains that send no mail', async () => {
    const { ask } = handler({ ...strict, onlyDomainsWithoutMail: true });
    expect((await ask('info@nomail.example')).line).toMatch(/^550/);
    expect((await ask('info@pass.example')).line).toMatch(/^PREPEND Received-SPF: fail/);
  });

  it('refuses all that is not a pass for the domains it is told, even where it refuses nothing else', async () => {
    const { ask } = handler({ strictDomains: ['SOFT.example'] });
    expect((await ask('info@soft.example')).line).toMatch(/^550/);
    expect((await ask('info@neutral.example')).line).toMatch(/^PREPEND/);
  });

  it('refuses no broken record where only domains without mail are refused', async () => {
    const { ask } = handler({ ...strict, onlyDomainsWithoutMail: true });
    expect((await ask('info@broken.example')).line).toMatch(/^PREPEND Received-SPF: permerror/);
  });

  it('only logs what it would refuse in a test, and marks the rest', async () => {
    const { ask } = handler({ ...strict, testOnly: true });
    const { line, notes } = await ask('info@nomail.example');
    expect(line).toBe('DUNNO');
    expect(notes.join()).toContain('test only, would be: 550 5.7.23');
    expect((await ask('info@soft.example')).line).toMatch(/^PREPEND Received-SPF: softfail/);
  });

  it('shows the HELO result where the sender has no record', async () => {
    const { line } = await handler().ask('info@nothing.example', { helo_name: 'soft.example' });
    expect(line).toMatch(/^PREPEND Received-SPF: softfail .*identity=helo/);
  });

  it('lets a passing HELO name outweigh a failing sender, and a failing one outweigh a passing sender', async () => {
    const here = { client_address: '192.0.2.1' };
    const onHelo = handler({ ...strict, helo: { refuse: 'fail', onPass: 'PREPEND X-Helo: known' } });
    expect((await onHelo.ask('info@nomail.example', { ...here, helo_name: 'pass.example' })).line).toBe(
      'PREPEND X-Helo: known',
    );
    const onSender = handler({ ...strict, mailFrom: { refuse: 'fail', onPass: 'permit' } });
    expect((await onSender.ask('info@pass.example', { ...here, helo_name: 'nomail.example' })).line).toMatch(
      /^550/,
    );
  });

  it('never lets the explanation of a stranger end the line', async () => {
    const { line } = await handler(strict).ask('info@explained.example');
    expect(line).toMatch(/^550 5\.7\.23 /);
    expect(line).not.toMatch(/[\r\n]/);
  });

  it('looks a message up once, whatever its recipients, and answers each of them', async () => {
    const { ask, queries } = handler(strict);
    const first = await ask('info@pass.example', { instance: 'i1' });
    const used = queries();
    const second = await ask('info@pass.example', { instance: 'i1', recipient: 'ola@example.org' });
    expect(second.line).toBe(first.line);
    expect(queries()).toBe(used);
    await ask('info@pass.example', { instance: 'i2' });
    expect(queries()).toBeGreaterThan(used);
  });

  it('says that a private client address is a NAT or a proxy, and fails nobody', async () => {
    const { line, notes } = await handler(strict).ask('info@nomail.example', {
      client_address: '172.17.0.1',
    });
    expect(line).toBe('DUNNO');
    expect(notes.join()).toContain('172.17.0.1 is a private address');
  });

  it.each<[string, Partial<SpfHandlerOptions>, Record<string, string>]>([
    ['a local client', {}, { client_address: '127.0.0.1' }],
    ['a trusted network', { trusted: { clients: ['192.0.2.0/24'] } }, {}],
    [
      'a trusted HELO name that resolves back',
      { trusted: { helo: ['mx.forwarder.example'] } },
      { helo_name: 'mx.forwarder.example', client_address: '192.0.2.9' },
    ],
    [
      "a trusted domain's own SPF",
      { trusted: { spfDomains: ['forwarder.example'] } },
      { client_address: '192.0.2.9' },
    ],
    [
      'a trusted host name',
      { trusted: { ptrDomains: ['forwarder.example'] } },
      { client_address: '192.0.2.9' },
    ],
  ])('does not check %s', async (_, options, extra) => {
    const { line } = await handler({ ...strict, ...options }).ask('info@nomail.example', extra);
    expect(line).toMatch(/^PREPEND X-Comment: SPF not checked: /);
  });

  it('does not believe a HELO name that resolves elsewhere', async () => {
    const { ask } = handler({ ...strict, trusted: { helo: ['mx.forwarder.example'] } });
    expect((await ask('info@nomail.example', { helo_name: 'mx.forwarder.example' })).line).toMatch(/^550/);
  });

  it('has settings of each recipient', async () => {
    const { ask } = handler({
      ...strict,
      perRecipient: (recipient) =>
        recipient.startsWith('lax') ? { mailFrom: { refuse: 'never' } } : undefined,
    });
    expect((await ask('info@pass.example', { recipient: 'lax@example.org', instance: 'i' })).line).toMatch(
      /^PREPEND/,
    );
    expect((await ask('info@pass.example', { recipient: 'kari@example.org', instance: 'i' })).line).toMatch(
      /^550/,
    );
  });

  it('writes Authentication-Results, nothing, or a restriction where it is told to', async () => {
    const pass = ['info@pass.example', { client_address: '192.0.2.1' }] as const;
    const { line } = await handler({ header: 'authentication-results' }).ask(...pass);
    expect(line).toBe('PREPEND Authentication-Results: mx.test; spf=pass smtp.mailfrom=pass.example');
    expect((await handler({ header: 'none' }).ask(...pass)).line).toBe('DUNNO');
    expect((await handler({ mailFrom: { onPass: 'spf_passed' } }).ask(...pass)).line).toBe('spf_passed');
  });

  it('checks as another address would be checked, without a header', async () => {
    const { ask } = handler({ ...strict, prospective: '192.0.2.1' });
    expect((await ask('info@pass.example')).line).toBe('DUNNO');
    expect((await ask('info@nomail.example')).line).toMatch(/^550/);
  });

  it('leaves users who are logged in alone', async () => {
    expect((await handler(strict).ask('info@nomail.example', { sasl_username: 'kari' })).line).toBe('DUNNO');
  });

  it('refuses networks that are none when it is made', () => {
    expect(() => handler({ skip: ['192.0.2.0/33'] })).toThrow(/is no address or network/);
  });
});
