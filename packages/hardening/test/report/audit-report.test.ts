import { harden, reportAudit, toMarkdown, type AuditReport, type RestrictionPath } from '@postern/hardening';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { exampleHost, hostWith, type TextHost } from '../hosts.ts';
import { reportedHost } from './reported-host.ts';

const path = (report: AuditReport['before'], service: string): RestrictionPath =>
  report.paths.find((each) => each.service === service)!;

/** Who decides about each sample, and whether that is as it should be. */
function decisions({ samples }: RestrictionPath): Record<string, string> {
  return Object.fromEntries(
    samples.map(({ id, right, outcome, decidedBy, hangsOn }) => [
      id,
      [
        right === undefined ? '?' : right ? '✓' : '✗',
        outcome,
        ...(decidedBy ? [[decidedBy.restriction, decidedBy.argument].filter(Boolean).join(' ')] : []),
        ...(hangsOn.length > 0 ? [`unless ${hangsOn.join()}`] : []),
      ].join(' '),
    ]),
  );
}

describe('the report on the melted-down host', () => {
  const report = reportedHost();

  it('shows who decides about each sample, before and after', () => {
    const spf = 'unless unix:private/policy-spf';
    expect(decisions(path(report.before, 'smtp'))).toEqual({
      legitimate: `✓ accept ${spf}`,
      'error-code': `✗ reject reject_rbl_client zen.spamhaus.org ${spf}`,
      parked: `✗ reject reject_rbl_client zen.spamhaus.org ${spf}`,
      listed: `✓ reject reject_rbl_client zen.spamhaus.org ${spf}`,
      nameless: '✓ reject reject_non_fqdn_helo_hostname',
      'unknown-user': `✓ reject reject_unlisted_recipient ${spf}`,
      impatient: `? accept ${spf}`,
      relay: '✓ reject reject_unauth_destination',
      own: '✓ accept',
    });
    const after = decisions(path(report.after!, 'smtp'));
    expect(Object.values(after).every((text) => text.startsWith('✓'))).toBe(true);
    expect(after).toMatchObject({
      'error-code': `✓ accept ${spf}`,
      listed: '✓ reject postscreen_dnsbl_sites',
      impatient: `✓ reject reject_unauth_pipelining ${spf}`,
    });
    expect(decisions(path(report.after!, 'submission'))).toEqual({
      user: '✓ accept',
      relay: '✓ reject smtpd_tls_security_level',
    });
  });

  it('has the lists in the order in which each configuration looks at them', () => {
    const names = (of: RestrictionPath): string[] => of.lists.map(({ name }) => name.replace(/^smtpd_/, ''));
    // Below compatibility level 3.6 the recipient's list comes before the one for relaying.
    expect(names(path(report.before, 'smtp'))).toEqual([
      'client_restrictions',
      'helo_restrictions',
      'sender_restrictions',
      'recipient_restrictions',
      'reject_unlisted_recipient',
      'relay_restrictions',
      'data_restrictions',
      'end_of_data_restrictions',
    ]);
    expect(names(path(report.after!, 'smtp'))).toEqual([
      'postscreen_access_list',
      'postscreen_dnsbl_sites',
      'client_restrictions',
      'helo_restrictions',
      'sender_restrictions',
      'relay_restrictions',
      'recipient_restrictions',
      'data_restrictions',
      'end_of_data_restrictions',
    ]);
  });

  it('marks each entry that a sample comes by, and none behind a refusal', () => {
    for (const { lists, samples } of [...report.before.paths, ...report.after!.paths]) {
      const entries = lists.flatMap((list) => list.entries);
      samples.forEach(({ outcome, decidedBy }, index) => {
        const marks = entries.map((entry) => entry.marks[index]);
        const refused = marks.indexOf('reject');
        expect(refused >= 0).toBe(outcome === 'reject' || outcome === 'defer');
        if (refused < 0) return;
        expect(marks.slice(refused + 1).every((each) => each === null)).toBe(true);
        expect(entries[refused]!.text).toContain(decidedBy!.restriction);
        expect(entries[refused]!.at?.line ?? null).toBe(decidedBy!.line);
      });
    }
  });

  it('says in Markdown what it found, by level, with place, reason, source, fix and decisions', () => {
    const markdown = toMarkdown(report);
    for (const { message, rule, at } of report.before.findings.filter(({ level }) => level === 'error')) {
      expect(markdown).toContain(`\`${at!.file}:${at!.line}:${at!.column}\` · \`${rule}\``);
      expect(markdown.replaceAll('\\', '')).toContain(message.replaceAll('>', '&gt;'));
    }
    expect(markdown).toContain('+smtpd_forbid_bare_newline = normalize');
    expect(markdown).toContain('**Closed.** Whatever a stranger says, this refuses it:');
    expect(markdown).toMatch(/^\| as it is \| [1-9]/m);
    expect(markdown).toMatch(/^\| after internet-mx \| 0 \| 0 \|/m);
  });

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe('a report', () => {
  it('shows restriction classes inside the list that uses them', () => {
    const { before } = reportAudit(
      hostWith(
        'smtpd_restriction_classes = ours\nours = reject_unknown_sender_domain, permit_mynetworks\n' +
          'smtpd_sender_restrictions = ours, reject_non_fqdn_sender\n',
      ),
    );
    const list = path(before, 'smtp').lists.find(({ name }) => name === 'smtpd_sender_restrictions');
    expect(list?.entries.map(({ text, depth }) => `${depth} ${text}`)).toEqual([
      '0 ours',
      '1 reject_unknown_sender_domain',
      '1 permit_mynetworks',
      '0 reject_non_fqdn_sender',
    ]);
    const nameless = path(before, 'smtp').samples.findIndex(({ id }) => id === 'nameless');
    expect(list?.entries[1]?.marks[nameless]).toBe('reject');
  });

  it('begins with postscreen where that answers', () => {
    const host = hostWith(
      'postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]\npostscreen_dnsbl_action = enforce\n',
    );
    const master = host.master.replace(
      /^smtp +inet.*$/m,
      'smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd',
    );
    const { before } = reportAudit({ ...host, master });
    const { lists, samples } = path(before, 'smtp');
    expect(lists.slice(0, 3).map(({ name }) => name)).toEqual([
      'postscreen_access_list',
      'postscreen_dnsbl_sites',
      'smtpd_client_restrictions',
    ]);
    expect(samples.find(({ id }) => id === 'listed')).toMatchObject({
      right: true,
      decidedBy: { list: 'postscreen_dnsbl_sites' },
    });
  });

  it('shows how an open relay is one', () => {
    const { before } = reportAudit(
      hostWith(
        'mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n',
      ),
    );
    expect(before.relay).toMatchObject({ open: { client: { address: '198.51.100.77' } } });
    expect(decisions(path(before, 'smtp'))['relay']).toBe('✗ accept');
    expect(toMarkdown(reportAudit(hostWith('mynetworks = 0.0.0.0/0\n')))).toContain('**Open.**');
  });

  it('says that Postfix does not start, and guesses nothing about what it would do', () => {
    const printed = { ...exampleHost, main: exampleHost.main.replaceAll(/^ +/gm, '') };
    const { before } = reportAudit(printed);
    expect(before.unreadable).toMatch(/=/);
    expect(before).toMatchObject({ paths: [] });
    expect(before.relay).toBeUndefined();
    const mended = reportAudit(printed, { plan: harden(printed, { profile: 'internet-mx' }) });
    expect(mended.after?.unreadable).toBeUndefined();
    expect(path(mended.after!, 'smtp').samples.length).toBeGreaterThan(5);
  });

  it('keeps passwords and keys to itself', () => {
    const key = '0123456789abcdef0123456789';
    const host = hostWith(
      `smtpd_recipient_restrictions = reject_unauth_destination, reject_rbl_client ${key}.zen.dq.spamhaus.net\n` +
        'smtp_sasl_password_maps = static:me:hunter2\n',
    );
    const report = reportAudit(host, { plan: harden(host, { profile: 'internet-mx' }) });
    for (const shown of [JSON.stringify(report), toMarkdown(report)])
      expect([shown.includes(key), shown.includes('hunter2')]).toEqual([false, false]);
  });

  it('is made of whatever stands in the files, and none of it becomes markup', () => {
    const hosts: fc.Arbitrary<TextHost> = fc
      .tuple(fc.string({ unit: 'binary' }), fc.constantFrom('<script>x</script>', '`` | ``', '](x)', '${y}'))
      .map(([noise, attack]) =>
        hostWith(
          `x = ${noise}\nsmtpd_recipient_restrictions = ${attack}, reject_rbl_client ${attack}${noise}\n`,
        ),
      );
    fc.assert(
      fc.property(hosts, (host) => {
        const markdown = toMarkdown(reportAudit(host, { target: '<script>' }));
        const outside = markdown
          .replaceAll(/(`{3,})[^]*?\1/g, '')
          .replaceAll(/(`+)(?!`)[^]*?[^`]\1(?!`)/g, '');
        expect(/<script|(?<!\\)\]\(x/.exec(outside)).toBeNull();
      }),
      { numRuns: 40 },
    );
  });
});
