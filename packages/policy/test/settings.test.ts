import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importPolicydSpf, parsePolicySettings } from '../src/index.ts';

const mistakes = (text: string): string[] =>
  parsePolicySettings(text).problems.map(({ line, message }) => `${line}: ${message}`);

describe('the settings file', () => {
  it('is read whole, as YAML or JSON', () => {
    const yaml = `
resolver: { servers: [127.0.0.1:53], timeout: 500 }
redis: redis://127.0.0.1:6379
dryRun: true
metrics: 127.0.0.1:9154
handlers:
  - type: spf
    receiver: mx.example.org
    mailFrom: { refuse: fail }
    recipients:
      '@lax.example.org': { mailFrom: { refuse: never } }
  - type: dnsbl
    lists: ['zen.spamhaus.org*3', list.dnswl.org]
    threshold: 3
  - type: rate-limit
    limits: [{ per: user, count: recipients, limit: 200, window: 3600, above: hold }]
  - type: greylist
    delay: 60
`;
    const { settings, problems } = parsePolicySettings(yaml);
    expect(problems).toEqual([]);
    expect(settings?.handlers.map(({ type }) => type)).toEqual(['spf', 'dnsbl', 'rate-limit', 'greylist']);
    expect(parsePolicySettings(JSON.stringify(settings)).settings).toEqual(settings);
  });

  it.each([
    ['handlers: []', ['1: handlers is empty: name at least one of spf, dnsbl, rate-limit, greylist']],
    ['handlers:\n - type: spam', ['2: handlers[0].type has to be one of spf, dnsbl, rate-limit, greylist']],
    [
      'handlers:\n - type: spf',
      ['2: handlers[0].receiver is missing: the name of this host, as it stands in headers'],
    ],
    [
      'handlers:\n - type: spf\n   receiver: mx\n   mailfrom: {refuse: fail}',
      ['4: unknown setting "mailfrom"; did you mean mailFrom?'],
    ],
    [
      'handlers:\n - type: spf\n   receiver: mx\n   helo: {check: false, refuse: fail}',
      ['4: handlers[0].helo: what is not checked cannot be refused'],
    ],
    [
      'handlers:\n - type: spf\n   receiver: mx\n   skip: [10.0.0.0/99]',
      ['4: "10.0.0.0/99" is no address or network; write 192.0.2.1 or 192.0.2.0/24'],
    ],
    [
      'handlers:\n - type: greylist\n   delay: 600\n   retryWindow: 600',
      ['3: handlers[0].delay is not shorter than retryWindow: nobody could ever come back in time'],
    ],
    [
      'handlers:\n - type: rate-limit\n   limits: [{per: user}]',
      [
        '3: handlers[0].limits[0].count is missing',
        '3: handlers[0].limits[0].limit is missing',
        '3: handlers[0].limits[0].window is missing',
      ],
    ],
    [
      'handlers:\n - type: rate-limit\n   limits:\n   - &a {per: user, count: messages, limit: 5, window: 60}\n   - {per: user, count: messages, limit: 9, window: 60}',
      ['4: handlers[0].limits has two limits of messages per user in 60 seconds; keep one of them'],
    ],
    [
      'handlers:\n - {type: greylist, delay: 60}\n - {type: greylist, delay: 90}',
      ['2: handlers has greylist more than once; put what they say into one'],
    ],
    [
      'redis: redis://127.0.0.1\nhandlers:\n - {type: spf, receiver: mx}',
      ['1: redis is used by rate-limit and greylist, and handlers has neither; leave it out'],
    ],
    [
      'metrics: 0.0.0.0:9154\nhandlers:\n - {type: spf, receiver: mx}',
      ['1: metrics on 0.0.0.0:9154: give a loopback address such as 127.0.0.1:9154, or unix:PATH'],
    ],
    [
      'handlers:\n - {type: spf, receiver: mx, permerror: reject}',
      ['2: handlers[0].permerror has no effect: say what is refused with helo.refuse or mailFrom.refuse'],
    ],
    [
      "handlers:\n - {type: dnsbl, lists: ['zen.spamhaus.org*many']}",
      ['2: handlers[0].lists: "many" is no weight: it must be a whole number'],
    ],
    ['', ['1: the file has to be a map of settings']],
  ])('with a mistake says which and where: %j', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  it('never makes the reader throw, whatever is in it', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .array(fc.constantFrom('handlers:', '\n', ' - ', 'type: spf', '&a', '*a', '{', '[', '? ', '!!x '))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (file) => {
        const { settings, problems } = parsePolicySettings(file);
        expect(settings === undefined).toBe(problems.length > 0);
      }),
    );
  });
});

describe('importing a policyd-spf configuration', () => {
  it('carries every option over, and what comes out is read without a problem', () => {
    const { settings, notes } = importPolicydSpf(
      `debugLevel = 1
HELO_reject = Null
Mail_From_reject = SPF_Not_Pass   # strict
PermError_reject = True
TempError_Defer = True
No_Mail = True
Reject_Not_Pass_Domains = aol.com,hotmail.com
skip_addresses = 127.0.0.0/8,::1
Whitelist = 192.168.0.0/31
HELO_Whitelist = relay.example.com
Domain_Whitelist = pobox.com
Domain_Whitelist_PTR = yahoo.com
Header_Type = AR
Authserv_Id = mx.example.com
SPF_Enhanced_Status_Codes = No
Lookup_Time = 15
Whitelist_Lookup_Time = 5
Void_Limit = 4
`,
      'host.example',
    );
    expect(notes).toEqual([]);
    expect(settings.handlers).toEqual([
      {
        type: 'spf',
        receiver: 'mx.example.com',
        helo: { refuse: 'null-sender-fail' },
        mailFrom: { refuse: 'not-pass' },
        permerror: 'reject',
        temperror: 'defer',
        onlyDomainsWithoutMail: true,
        strictDomains: ['aol.com', 'hotmail.com'],
        skip: ['127.0.0.0/8', '::1'],
        header: 'authentication-results',
        enhancedCodes: false,
        lookupTime: 15_000,
        trustLookupTime: 5000,
        voidLimit: 4,
        trusted: {
          clients: ['192.168.0.0/31'],
          helo: ['relay.example.com'],
          spfDomains: ['pobox.com'],
          ptrDomains: ['yahoo.com'],
        },
      },
    ]);
    expect(parsePolicySettings(JSON.stringify(settings)).problems).toEqual([]);
  });

  it('keeps its defaults, which refuse, and says what it could not carry over', () => {
    const { settings, notes } = importPolicydSpf(
      'TestOnly = 0\nPer_User = text,/etc/x\nSurprise = 1\nMock = True\nnonsense\nPermError_reject = Yes\nWhitelist = 192.0.2.1, junk\n',
      'mx',
    );
    expect(settings).toMatchObject({
      handlers: [
        {
          testOnly: true,
          mailFrom: { refuse: 'fail' },
          helo: { refuse: 'fail' },
          trusted: { clients: ['192.0.2.1'] },
        },
      ],
    });
    expect(notes.map(({ line, at }) => [line, at])).toEqual([
      [2, 'Per_User'],
      [3, 'Surprise'],
      [4, 'Mock'],
      [5, ''],
      [6, 'PermError_reject'],
      [7, 'Whitelist'],
    ]);
  });
});
