import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultOf, parameter, parameterNames, satisfies, wordsIn } from '@postern/config';
import { describeWith, findProgram } from '@postern/testbed';

const root = join(import.meta.dirname, '../../..');

describe('the catalogue of parameters', () => {
  it('is what its sources say: a rebuild changes no file', () => {
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'scripts/catalogue.ts'), '--check'], {
      encoding: 'utf8',
    });
    expect(stdout).not.toContain('out of date');
    expect(status).toBe(0);
  });

  it('knows what each version has, by series, patch level and end', () => {
    expect(parameter('smtpd_relay_restrictions', '2.9.15')).toBeUndefined();
    expect(parameter('smtpd_relay_restrictions', '2.10.0')?.since).toBe('2.10');
    expect(parameter('smtpd_forbid_bare_newline', '3.7.8')).toBeUndefined();
    expect(parameter('smtpd_forbid_bare_newline', '3.7.9')?.default).toBe('no');
    expect(parameter('smtpd_forbid_bare_newline', '3.9.0')?.default).toBe('normalize');
    expect(parameter('lmtp_per_record_deadline', '3.6.20')).toBeDefined();
    expect(parameter('lmtp_per_record_deadline', '3.7.0')).toBeUndefined();
    expect(parameter('no_such_parameter')).toBeUndefined();
    expect(parameter('constructor')).toBeUndefined();
  });

  it('knows the type, the default and the bounds as of a version', () => {
    expect(parameter('message_size_limit', '2.8.0')?.type).toBe('integer');
    expect(parameter('message_size_limit', '3.7.0')?.type).toBe('long');
    expect(parameter('in_flow_delay')?.bounds).toEqual({ max: 10 });
    expect(defaultOf('relay_domains', '2.11.0')).toBe('$mydestination');
    expect(defaultOf('relay_domains', '3.7.11')).toBe(
      '${{$compatibility_level} <level {2} ? {$mydestination} : {}}',
    );
    expect(defaultOf('myhostname', '3.7.11')).toBeUndefined();
    expect(defaultOf('smtpd_relay_restrictions', '2.8')).toBeUndefined();
    expect(defaultOf('smtp_tls_security_level', '3.12-20260821')).toContain('may');
  });

  it('knows what a deprecated parameter gives way to', () => {
    expect(parameter('smtpd_use_tls')?.deprecated).toEqual({
      since: '3.9',
      replacement: 'smtpd_tls_security_level',
    });
    expect(parameter('smtpd_tls_dh1024_param_file')?.deprecated).toEqual({ since: '3.9' });
  });

  it('knows the words of an enum by version', () => {
    expect(wordsIn(parameter('smtpd_forbid_bare_newline')!, '3.7.9')).toEqual(['no', 'yes']);
    expect(wordsIn(parameter('smtpd_forbid_bare_newline')!, '3.7.10')).toContain('normalize');
    expect(wordsIn(parameter('smtp_tls_security_level')!, '2.10.0')).not.toContain('dane');
  });

  it('knows the parameters that exist for each transport', () => {
    const info = parameter('smtp-amavis_destination_recipient_limit');
    expect(info).toMatchObject({ kind: 'integer', default: '$default_destination_recipient_limit' });
    expect(info?.perTransport).toEqual({ transport: 'smtp-amavis', suffix: 'destination_recipient_limit' });
    expect(parameter('policy-spf_time_limit')).toMatchObject({
      kind: 'time',
      default: '$command_time_limit',
    });
    expect(parameter('local_destination_concurrency_limit')?.default).toBe('2');
    expect(parameter('x_transport_rate_delay', '3.0')).toBeUndefined();
    expect(parameter('_time_limit')).toBeUndefined();
  });

  it('has only plain JSON data', () => {
    for (const name of parameterNames()) {
      const info = parameter(name)!;
      expect(info.name).toBe(name);
      expect(JSON.parse(JSON.stringify(info))).toEqual(JSON.parse(JSON.stringify({ ...info })));
      expect(defaultOf(name, `${info.since}.99`)).toBe(
        info.defaults.findLast(({ since }) => satisfies(info.since, `>=${since}`))?.value,
      );
    }
    expect(parameterNames().length).toBeGreaterThanOrEqual(933);
  });
});

describeWith(['postconf'], 'the catalogue beside the installed Postfix', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-catalogue-'));
  for (const file of ['main.cf', 'master.cf']) writeFileSync(join(folder, file), '');
  const { stdout } = spawnSync(findProgram('postconf')!, ['-c', folder, '-d'], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const installed = new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf(' =')), line.slice(line.indexOf('=') + 1).trim()]),
  );
  const version = installed.get('mail_version')!;
  const buildDefaults = JSON.parse(
    readFileSync(join(import.meta.dirname, '../catalogue/build-defaults.json'), 'utf8'),
  ) as Record<string, string>;

  it('has every parameter of it', () => {
    expect(installed.size).toBeGreaterThan(800);
    expect([...installed.keys()].filter((name) => !parameter(name, version))).toEqual([]);
  });

  it('says of no other that this version has it', () => {
    expect(parameterNames(version).filter((name) => !installed.has(name))).toEqual([]);
  });

  it('has the same defaults but for what the build, the host or the process chooses', () => {
    const different = [...installed]
      .filter(([name, value]) => defaultOf(name, version) !== value)
      .map(([name]) => name);
    const computed = [
      'mail_release_date',
      'mail_version',
      'mydomain',
      'myhostname',
      'mynetworks',
      'process_id',
      'process_name',
      'service_name',
    ];
    expect(different.filter((name) => !(name in buildDefaults) && !computed.includes(name))).toEqual([]);
    for (const name of computed) expect(defaultOf(name, version)).toBeUndefined();
  });
});
