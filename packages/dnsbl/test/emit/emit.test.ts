import { describe, expect, it } from 'vitest';
import {
  defaultPolicy,
  knownLists,
  parseDnsblSite,
  permitDnswlClient,
  planBlockLists,
  postscreenReplyMap,
  postscreenSites,
  rblReplyMap,
  rejectRblClient,
  rejectRhsbl,
} from '@postern/dnsbl';

const key = 'abcdefghijklmnopqrstuvwxyz';

describe('restrictions', () => {
  it('filters what it trusts', () => {
    expect(rejectRblClient('zen.spamhaus.org')).toBe('reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]');
    expect(rejectRblClient('bl.spamcop.net')).toBe('reject_rbl_client bl.spamcop.net=127.0.0.2');
    expect(permitDnswlClient('list.dnswl.org')).toBe(
      'permit_dnswl_client list.dnswl.org=127.0.[2..9;11..20].[1..3]',
    );
    expect(rejectRhsbl('sender', 'dbl.spamhaus.org')).toBe(
      'reject_rhsbl_sender dbl.spamhaus.org=127.0.1.[2;4..6;102..106]',
    );
  });

  it('puts the key into the zone, and keeps one that is there', () => {
    const expected = `reject_rbl_client ${key}.zen.dq.spamhaus.net=127.0.0.[2..11]`;
    expect(rejectRblClient('spamhaus-zen', { key })).toBe(expected);
    expect(rejectRblClient(`${key}.zen.dq.spamhaus.net`)).toBe(expected);
  });

  it.each([
    ['dnsbl.sorbs.net', /SORBS is shut-down/],
    ['dnsbl.example.com', /not in the registry/],
    ['list.dnswl.org', /an allow list/],
    ['dbl.spamhaus.org', /does not list addresses/],
    ['abusix-combined', /only with a key/],
  ])('refuses to reject by %s', (list, why) => expect(() => rejectRblClient(list)).toThrow(why));
});

describe('postscreenSites', () => {
  it('writes what Postfix reads', () => {
    const sites = postscreenSites(defaultPolicy);
    expect(sites[0]).toBe('zen.spamhaus.org=127.0.0.[2..11]*3');
    expect(sites).toContain('list.dnswl.org=127.0.[2..9;11..20].3*-4');
    for (const site of sites) expect(parseDnsblSite(site).problems).toEqual([]);
  });

  it('can write every list of the registry', () => {
    const lists = knownLists.map((list) => (list.terms.access === 'key' ? { list, key } : { list }));
    for (const site of postscreenSites({ lists })) expect(parseDnsblSite(site).problems).toEqual([]);
  });

  it('takes a list of your own with its weights', () => {
    const lists = [
      {
        list: 'dnsbl.example.com',
        weights: [
          ['127.0.0.[2..4]', 2],
          ['127.0.0.5', 1],
        ] as const,
      },
    ];
    expect(postscreenSites({ lists })).toEqual([
      'dnsbl.example.com=127.0.0.[2..4]*2',
      'dnsbl.example.com=127.0.0.5',
    ]);
    expect(() =>
      postscreenSites({ lists: [{ list: 'dnsbl.example.com', weights: [['127.0.0.[2,4]', 1]] }] }),
    ).toThrow(/no reply filter/);
  });
});

describe('reply maps', () => {
  it('hides the key from whoever is turned away', () => {
    const policy = { lists: [{ list: 'spamhaus-zen', key }] };
    const [, text] = rblReplyMap(policy).split('  ');
    expect(text).toMatch(/^\$rbl_code 5\.7\.1 .*blocked using Spamhaus ZEN/);
    expect(text).not.toContain(key);
    expect(postscreenReplyMap(policy)).toBe(`${key}.zen.dq.spamhaus.net  zen.spamhaus.org\n`);
  });

  it('has no line for allow lists', () => expect(rblReplyMap(defaultPolicy)).not.toContain('dnswl'));
});

describe('planBlockLists', () => {
  const target = (postfix: string) => ({ name: '/etc/postfix', postfix });
  const values = (plan: ReturnType<typeof planBlockLists>) =>
    Object.fromEntries(
      plan.changes.flatMap((change) =>
        change.type === 'set-parameter' ? [[change.name, change.value]] : [],
      ),
    );

  it('prefers postscreen, by the names that the version has', () => {
    const plan = planBlockLists(defaultPolicy, { target: target('3.7.11') });
    expect(values(plan)).toMatchObject({
      postscreen_dnsbl_threshold: '3',
      postscreen_dnsbl_action: 'enforce',
      postscreen_dnsbl_allowlist_threshold: '-2',
    });
    expect(values(planBlockLists(defaultPolicy, { target: target('3.5.24') }))).toHaveProperty(
      'postscreen_dnsbl_whitelist_threshold',
    );
    expect(plan.changes.every(({ because }) => because.why.length > 20 && because.source !== '')).toBe(true);
    expect(plan.changes.at(-1)).toMatchObject({ type: 'postfix-action', action: 'reload' });
  });

  it('puts smtpd restrictions behind what protects against relaying and takes the unfiltered ones out', () => {
    const plan = planBlockLists(
      { lists: ['zen.spamhaus.org', 'list.dnswl.org'] },
      {
        target: target('3.7.11'),
        place: 'smtpd',
        restrictions:
          'permit_mynetworks, reject_unauth_destination, check_policy_service { unix:private/x, timeout=10s }, reject_rbl_client zen.spamhaus.org, reject_rbl_client bl.spamcop.net',
      },
    );
    expect(values(plan)['smtpd_recipient_restrictions']).toBe(
      'permit_mynetworks, reject_unauth_destination, permit_dnswl_client list.dnswl.org=127.0.[2..9;11..20].[1..3], ' +
        'reject_rbl_client zen.spamhaus.org=127.0.0.[2..11], check_policy_service { unix:private/x, timeout=10s }, reject_rbl_client bl.spamcop.net',
    );
    expect(values(plan)['rbl_reply_maps']).toBe('texthash:$config_directory/rbl_reply');
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ type: 'put-file', path: 'rbl_reply', mode: 0o640 }),
    );
  });

  it('says that old versions have no filters', () => {
    expect(() => planBlockLists(defaultPolicy, { target: target('2.7.1') })).toThrow(/came with 2\.8/);
  });
});
