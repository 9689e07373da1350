import { Resolver } from 'node:dns/promises';
import { expect, it } from 'vitest';
import { describeWith, smtp, startLab, startNameserver, startPostfix } from '@postern/testbed';

function resolverFor(server: string): Resolver {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([server]);
  return resolver;
}

describeWith([], 'the name server', () => {
  it('answers every type, follows aliases and wildcards, and fails as it is told', async () => {
    const long = Array.from({ length: 12 }, (_, index) => [`${index}`.padEnd(100, 'x')]);
    await using nameserver = await startNameserver({
      world: {
        'example.com': {
          A: ['192.0.2.1'],
          AAAA: ['2001:db8::1', '::ffff:192.0.2.1'],
          MX: [{ preference: 300, exchange: 'mx.example.com' }],
          TXT: [['v=spf1 ', '-all']],
        },
        'www.example.com': { CNAME: ['example.com'] },
        'long.example.com': { TXT: long },
        '*.bl.test': { A: ['127.255.255.254'] },
        '1.2.0.192.in-addr.arpa': { PTR: ['mx.example.com'] },
        'broken.test': 'SERVFAIL',
        'refused.test': { A: 'REFUSED', MX: [{ preference: 0, exchange: '' }] },
        'silent.test': 'TIMEOUT',
      },
    });
    const dns = resolverFor(nameserver.server);
    expect(await dns.resolve4('WWW.example.com')).toEqual(['192.0.2.1']);
    expect(await dns.resolve6('example.com')).toEqual(['2001:db8::1', '::ffff:192.0.2.1']);
    expect(await dns.resolveMx('example.com')).toMatchObject([{ priority: 300, exchange: 'mx.example.com' }]);
    expect(await dns.resolveTxt('example.com')).toEqual([['v=spf1 ', '-all']]);
    expect(await dns.resolveTxt('long.example.com')).toEqual(long);
    expect(await dns.resolve4('4.3.2.1.bl.test')).toEqual(['127.255.255.254']);
    expect(await dns.reverse('192.0.2.1')).toEqual(['mx.example.com']);
    await expect(dns.resolve4('bl.test')).rejects.toThrow('ENODATA');
    await expect(dns.resolve4('nobody.example.com')).rejects.toThrow('ENOTFOUND');
    await expect(dns.resolve4('broken.test')).rejects.toThrow('ESERVFAIL');
    await expect(dns.resolve4('refused.test')).rejects.toThrow('EREFUSED');
    expect(await dns.resolveMx('refused.test')).toMatchObject([{ priority: 0, exchange: '' }]);
    await expect(dns.resolve4('silent.test')).rejects.toThrow('ETIMEOUT');
    expect(nameserver.questions().slice(0, 2)).toEqual(['www.example.com A', 'example.com AAAA']);

    await nameserver.become({ 'example.com': { A: ['192.0.2.2'] } });
    expect(await dns.resolve4('example.com')).toEqual(['192.0.2.2']);
  });
});

describeWith(['root', 'namespaces', 'ip', 'postfix'], 'the name server in a lab', () => {
  it('is what smtpd asks, from inside its chroot too', async () => {
    await using lab = await startLab();
    await using _ = await startNameserver({
      lab,
      world: {
        '66.2.0.192.bl.test': { A: ['127.0.0.2'], TXT: [['seen in a test']] },
        'example.org': { A: ['192.0.2.1'] },
      },
    });
    await using __ = await startPostfix(lab, {
      main: `
        compatibility_level = 3.6
        mydestination = example.com
        mynetworks = 127.0.0.0/8
        alias_maps =
        local_recipient_maps =
        smtpd_sender_restrictions = reject_unknown_sender_domain, reject_rbl_client bl.test=127.0.0.2
      `.replace(/^ +/gm, ''),
    });
    const rcpt = async (from: string, sender: string): Promise<string> => {
      await using session = await smtp(lab, { from });
      await session.ehlo('client.test');
      await session.mail(sender);
      const { code, lines } = await session.rcpt('kari@example.com');
      return `${code} ${lines.join()}`;
    };
    expect(await rcpt('192.0.2.65', 'a@example.org')).toBe('250 Ok');
    expect(await rcpt('192.0.2.65', 'a@example.net')).toMatch(/^450 .*Domain not found/);
    expect(await rcpt('192.0.2.66', 'a@example.org')).toMatch(
      /^554 .*blocked using bl\.test; seen in a test/,
    );
  });
});
