import { describe, expect, it } from 'vitest';
import { parseDnsblSite, printDnsblSite } from '@postern/dnsbl';

describe('parseDnsblSite', () => {
  it.each([
    ['zen.spamhaus.org', 'zen.spamhaus.org'],
    ['zen.spamhaus.org=127.0.0.[2..11]*3', 'zen.spamhaus.org=127.0.0.[2..11]*3'],
    ['list.dnswl.org=127.0.[0..255].[1..3]*-2', 'list.dnswl.org=127.0.[0..255].[1..3]*-2'],
    ['bl.spamcop.net*1', 'bl.spamcop.net'],
    ['bl.spamcop.net* +2', 'bl.spamcop.net*2'],
    ['BL.example.com*0', 'BL.example.com*0'],
    ['b_l.example.com=[127.0.0.2]*2', 'b_l.example.com=127.0.0.2*2'],
  ])('reads %s', (text, printed) => {
    const { site, problems } = parseDnsblSite(text);
    expect(problems).toEqual([]);
    expect(printDnsblSite(site!)).toBe(printed);
  });

  it.each([
    ['zen.spamhaus.org*', 'bad-weight', ''],
    ['zen.spamhaus.org*two', 'bad-weight', 'two'],
    ['zen.spamhaus.org*2.5', 'bad-weight', '2.5'],
    ['zen.spamhaus.org*2 ', 'bad-weight', '2 '],
    ['zen.spamhaus.org=127.0.0.[2,4]*2', 'bad-filter', ','],
    ['zen.spamhaus.org=', 'bad-filter', ''],
    // The weight is split off at the first star, so this filter is "127.0.0.".
    ['zen.spamhaus.org=127.0.0.*', 'bad-weight', ''],
    ['=127.0.0.2', 'bad-zone', ''],
    ['zen..spamhaus.org', 'bad-zone', 'zen..spamhaus.org'],
    ['127.0.0.1', 'bad-zone', '127.0.0.1'],
    ['-x.example.com', 'bad-zone', '-x.example.com'],
  ])('refuses %s', (text, code, at) => {
    const { site, problems } = parseDnsblSite(text);
    expect(site).toBeUndefined();
    expect(problems[0]?.code).toBe(code);
    expect(text.slice(...problems[0]!.range)).toBe(at);
  });
});
