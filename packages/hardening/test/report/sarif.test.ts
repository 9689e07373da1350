import { audit, reportAudit, suppress, toHtml, toMarkdown, toSarif, type SarifLog } from '@postern/hardening';
import { applyPlan } from '@postern/plan';
import { describe, expect, it } from 'vitest';
import { exampleHost, type TextHost } from '../hosts.ts';
import { exampleNames, readExample } from '../rule-examples.ts';
import { sarifProblems } from './sarif-schema.ts';

describe('SARIF', () => {
  const findings = audit(exampleHost);
  const log = toSarif(findings, {
    version: '1.2.3',
    root: 'file:///etc/postfix/',
    configuration: exampleHost,
  });
  const [run] = log.runs;

  it('is a 2.1.0 log that survives JSON', () => {
    expect(log.version).toBe('2.1.0');
    expect(log.$schema).toMatch(/sarif-schema-2\.1\.0\.json$/);
    expect(JSON.parse(JSON.stringify(log))).toEqual(log);
    expect(sarifProblems(log)).toEqual([]);
    expect(sarifProblems({ ...log, runs: [{ ...run, results: [{ level: 'fatal' }] }] })).not.toEqual([]);
    expect(run.tool.driver).toMatchObject({ name: 'postern', version: '1.2.3' });
  });

  it('has every finding with its place, counted from 1', () => {
    expect(run.results).toHaveLength(findings.length);
    findings.forEach(({ rule, level, message, at }, index) => {
      expect(run.results[index]).toMatchObject({
        ruleId: rule,
        level,
        message: { text: message },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: at?.file, uriBaseId: 'ROOT' },
              region: { startLine: at?.line, startColumn: at?.column },
            },
          },
        ],
      });
    });
  });

  it('describes each rule once, and results point to it', () => {
    const ids = run.tool.driver.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { ruleId, ruleIndex } of run.results) expect(ids[ruleIndex]).toBe(ruleId);
    expect(run.tool.driver.rules.find(({ id }) => id === 'dnsbl-without-filter')).toMatchObject({
      shortDescription: { text: 'A block list is trusted for any answer it gives' },
      defaultConfiguration: { level: 'error' },
    });
  });

  it('writes absolute paths as URIs, blanks and all', () => {
    const [finding] = audit({ ...exampleHost, names: { main: '/srv/my host/main.cf' } }).filter(
      ({ rule }) => rule === 'dnsbl-without-filter',
    );
    const [result] = toSarif([finding!]).runs[0].results;
    expect(result?.locations?.[0].physicalLocation.artifactLocation).toEqual({
      uri: 'file:///srv/my%20host/main.cf',
    });
  });

  it('shows the line that is meant, without its secrets', () => {
    const host = { ...exampleHost, main: `${exampleHost.main}smtp_sasl_password_maps = static:me:hunter2\n` };
    const main = host.main.replace(
      'reject_rbl_client zen.spamhaus.org',
      'reject_rbl_client 0123456789abcdef0123456789.zen.dq.spamhaus.net',
    );
    const text = JSON.stringify(toSarif(audit({ ...host, main }), { configuration: { ...host, main } }));
    expect(text).toContain('reject_rbl_client bl.spamcop.net');
    expect(text).not.toContain('hunter2');
    const snippets = [...text.matchAll(/"snippet":{"text":"([^"]*)"/g)].map(([, line]) => line);
    expect(snippets.some((line) => line?.includes('0123456789abcdef'))).toBe(false);
  });

  it('tells a finding by the same print when lines are added above it, and two findings apart', () => {
    const prints = (of: SarifLog): string[] =>
      of.runs[0].results.map(({ partialFingerprints }) => partialFingerprints['findingHash/v1']);
    const shifted = { ...exampleHost, main: `# a line more\n${exampleHost.main}` };
    expect(prints(toSarif(audit(shifted))).toSorted()).toEqual(prints(log).toSorted());
    expect(new Set(prints(log)).size).toBe(findings.length);
  });

  it('carries fixes that come to the same as ours when their lines are put in', () => {
    let fixes = 0;
    for (const host of [exampleHost, ...exampleNames.map((name) => readExample(name, 'bad'))]) {
      const own = audit(host);
      const { results } = toSarif(own, { configuration: host }).runs[0];
      results.forEach((result, index) => {
        const [fix] = result.fixes ?? [];
        if (!fix) return;
        fixes++;
        const changes = own[index]!.fix!;
        const target = { name: '', postfix: host.version };
        const files = { 'main.cf': host.main, 'master.cf': host.master };
        expect(putIn(host, fix)).toEqual(applyPlan(files, { target, changes, checks: [] }));
      });
    }
    expect(fixes).toBeGreaterThan(50);
  });

  it('has what somebody allows as well, marked as suppressed with the reason', () => {
    const host = {
      ...exampleHost,
      main: `# postern: allow vrfy-enabled until 2027-01-31 because a scanner asks\n\n${exampleHost.main}`,
    };
    const { findings: left, allowed } = suppress(audit(host), host, { today: '2026-11-23' });
    expect(allowed).toHaveLength(1);
    const suppressed = toSarif(left, { configuration: host, allowed });
    expect(sarifProblems(suppressed)).toEqual([]);
    const marked = suppressed.runs[0].results.filter(({ suppressions }) => suppressions);
    expect(marked).toMatchObject([
      {
        ruleId: 'vrfy-enabled',
        suppressions: [{ kind: 'inSource', justification: 'a scanner asks (until 2027-01-31)' }],
      },
    ]);
    const report = reportAudit(host, { findings: left, allowed });
    expect(toMarkdown(report)).toContain('a scanner asks, until 2027-01-31');
    expect(toHtml(report)).toContain('a scanner asks, until 2027-01-31');
  });

  it('is a log without results for no findings', () => {
    expect(toSarif([]).runs[0]).toMatchObject({ results: [], tool: { driver: { rules: [] } } });
    expect(sarifProblems(toSarif([]))).toEqual([]);
  });
});

type Fix = NonNullable<SarifLog['runs'][0]['results'][number]['fixes']>[0];

/** Does what an editor does with a fix. */
function putIn(host: TextHost, fix: Fix): Record<string, string> {
  const files: Record<string, string> = { 'main.cf': host.main, 'master.cf': host.master };
  for (const { artifactLocation, replacements } of fix.artifactChanges) {
    const [{ deletedRegion, insertedContent }] = replacements;
    const lines = files[artifactLocation.uri]!.split(/(?<=\n)/);
    lines.splice(
      deletedRegion.startLine - 1,
      deletedRegion.endLine - deletedRegion.startLine,
      insertedContent.text,
    );
    files[artifactLocation.uri] = lines.join('');
  }
  return files;
}
