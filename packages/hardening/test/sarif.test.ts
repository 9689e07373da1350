import { audit, toSarif } from '@postern/hardening';
import { describe, expect, it } from 'vitest';
import { exampleHost } from './hosts.ts';

describe('SARIF', () => {
  const findings = audit(exampleHost);
  const log = toSarif(findings, { version: '1.2.3', root: 'file:///etc/postfix/' });
  const [run] = log.runs;

  it('is a 2.1.0 log that survives JSON', () => {
    expect(log.version).toBe('2.1.0');
    expect(log.$schema).toMatch(/sarif-schema-2\.1\.0\.json$/);
    expect(JSON.parse(JSON.stringify(log))).toEqual(log);
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

  it('is a log without results for no findings', () => {
    expect(toSarif([]).runs[0]).toMatchObject({ results: [], tool: { driver: { rules: [] } } });
  });
});
