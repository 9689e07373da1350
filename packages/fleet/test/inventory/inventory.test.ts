import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findProgram, scratch } from '@postern/testbed';
import { parseInventory, printProblem, readInventory, selectHosts, type FleetHost } from '@postern/fleet';

const fixtures = join(import.meta.dirname, 'fixtures');
const fixture = (name: string): string => readFileSync(join(fixtures, name), 'utf8');
const parse = (name: string): ReturnType<typeof parseInventory> =>
  parseInventory(fixture(name), { file: name });
const plain = ({ groups, ...host }: FleetHost): object => ({
  ...host,
  at: undefined,
  groups: groups.toSorted(),
});

describe('an inventory', () => {
  const ini = parse('mail.ini');

  it('says how to reach each host: ranges, groups within groups, the nearest setting, jumps', () => {
    expect(ini.problems).toEqual([]);
    expect(ini.hosts.map(({ name }) => name)).toEqual([
      'bastion.example.net',
      'mail01.example.net',
      'mail02.example.net',
      'mail03.example.net',
      'mail99.example.net',
      'relay-a',
      'relay-b',
    ]);
    expect(ini.hosts[4]).toEqual({
      name: 'mail99.example.net',
      address: '192.0.2.99',
      connection: 'ssh',
      port: 2222,
      user: 'deploy',
      identities: ['~/.ssh/fleet'],
      jumps: ['anna@bastion.example.net:2022'],
      groups: ['mx', 'europe'],
      vars: { region: 'eu', banner: 'MX of the north', role: 'last one' },
      at: { file: 'mail.ini', line: 6, column: 1 },
    });
    expect(ini.hosts[0]).toMatchObject({ user: 'anna', vars: { region: 'world' }, groups: [] });
    expect(ini.hosts[5]).toMatchObject({ user: 'nobody', port: 2200, vars: { region: 'eu' } });
  });

  it.each(['mail.yaml', 'mail.postern.yaml'])('says the same as %s', (name) => {
    const other = parse(name);
    expect(other.problems).toEqual([]);
    expect(other.hosts.map(plain)).toEqual(ini.hosts.map(plain));
    const sorted = (groups: typeof ini.groups): object =>
      Object.fromEntries(Object.entries(groups).map(([group, names]) => [group, names.toSorted()]));
    expect(sorted(other.groups)).toEqual(sorted(ini.groups));
  });

  it.skipIf(findProgram('ansible-inventory') === undefined)('is understood as Ansible understands it', () => {
    const { stdout } = spawnSync('ansible-inventory', ['-i', join(fixtures, 'mail.ini'), '--list'], {
      encoding: 'utf8',
    });
    const theirs = JSON.parse(stdout) as { _meta: { hostvars: Record<string, Record<string, unknown>> } };
    expect(Object.keys(theirs._meta.hostvars).toSorted()).toEqual(
      ini.hosts.map(({ name }) => name).toSorted(),
    );
    for (const { name, user, port, address, vars } of ini.hosts) {
      const all = theirs._meta.hostvars[name]!;
      const own = Object.fromEntries(Object.entries(all).filter(([key]) => !key.startsWith('ansible_')));
      expect({ name, user, port, address, vars }).toEqual({
        name,
        user: all['ansible_user'],
        port: all['ansible_port'],
        address: all['ansible_host'] ?? name,
        vars: own,
      });
    }
  });

  it('takes a plain list of names, and names with a port', () => {
    expect(parseInventory('hosts: [mx1, mx2]').hosts.map(({ name }) => name)).toEqual(['mx1', 'mx2']);
    expect(parseInventory('mx1:2222\n').hosts[0]).toMatchObject({ name: 'mx1', port: 2222 });
    expect(parseInventory('mx[1:3:2]:2222\n').hosts.map(({ name, port }) => [name, port])).toEqual([
      ['mx1', 2222],
      ['mx3', 2222],
    ]);
  });

  it('reads group_vars and host_vars beside it', async () => {
    using files = scratch();
    files.write('group_vars/all.yml', 'ansible_user: deploy\nregion: eu\n');
    files.write('group_vars/mx', 'ansible_port: 2222\n');
    files.write('host_vars/mx2.yaml', 'ansible_user: root\n');
    const { hosts } = await readInventory(files.write('hosts', '[mx]\nmx1\nmx2\n'));
    expect(hosts.map(({ user, port, vars }) => [user, port, vars['region']])).toEqual([
      ['deploy', 2222, 'eu'],
      ['root', 2222, 'eu'],
    ]);
  });
});

describe('an inventory with mistakes', () => {
  it('names each with its line and what to do, and keeps the hosts that are right', () => {
    const { hosts, problems } = parse('bad.ini');
    expect(hosts.map(({ name }) => name)).toEqual(['good.example.net', 'mail11']);
    expect(problems.map(printProblem)).toEqual([
      'bad.ini:2: [mx is no heading. Write [GROUP], [GROUP:vars] or [GROUP:children]; what stands below it was left out.',
      'bad.ini:5: mail[20:01].example.net: [20:01] ends before it begins. Write it as mail[01:20] or mx-[a:f].',
      'bad.ini:6: mail01.example.net: there is no port 99999. Ports go from 1 to 65535.',
      'bad.ini:6: mail02.example.net: there is no port 99999. Ports go from 1 to 65535.',
      'bad.ini:7: "mail7 ansible_user="unclosed" has a quote that is not closed. Close it.',
      'bad.ini:8: mail8: ansible_host has a template "{{ other }}". Templates are not filled in; write the value itself.',
      'bad.ini:9: mail9: ansible_connection is "winrm". Hosts are reached by ssh, or are "local".',
      'bad.ini:10: mail10: the ProxyCommand "nc %h %p" is not run. Say it as ProxyJump: -o ProxyJump=user@host:port.',
      'bad.ini:11: mail11: "loose" is no variable. Write name=value, without spaces around the equals sign.',
      'bad.ini:11: mail11: ansible_password is not used: passwords do not belong into an inventory. Log in with a key, or be asked.',
      'bad.ini:11: mail11: StrictHostKeyChecking=no is not followed: host keys are always checked. Have the keys in known_hosts, or trust new ones with --accept-new.',
      'bad.ini:12: good2 is the same machine as good.example.net (line 1). Name each machine once; several Postfix instances differ by their directory.',
      'bad.ini:15: north has the group south among its children, and there is no such group. Mind the spelling, or define it.',
      expect.stringMatching(
        /^bad\.ini:1[79]: .*(south|west)-side has (south|west)-side among its children, which/,
      ),
      expect.stringMatching(/^bad\.ini:20: \[x:hosts:vars\] is no heading/),
    ]);
    expect(JSON.stringify(hosts)).not.toContain('hunter2');
  });

  it.each([
    ['hosts:\n  mx1: {\n', /^inv\.yaml:\d: .*Mend the YAML/],
    ['hosts:\n  mx1: {}\n  mx1: {}\n', /^inv\.yaml:3: the same key stands here twice\. Mend the YAML\.$/],
    ['- mx1\n- mx2\n', /^inv\.yaml:1: this is no inventory/],
    ['hosts: {mx1: {usr: root}}', /^inv\.yaml:1: mx1: "usr" is no setting\. There are address, port, user,/],
    ['all:\n  hosts:\n    - mx1\n', /^inv\.yaml:2: all: its hosts are no mapping/],
    ['hosts:\n  mx1: {jump: "a b"}\n', /^inv\.yaml:2: mx1: "a b" is no machine to go through/],
    [
      'hosts: ["mx[1:999999999]"]',
      /^inv\.yaml:1: mx\[1:999999999\]: \[1:999999999\] stands for more than 100000 hosts/,
    ],
    ['', /^inv\.yaml:1: there are no hosts/],
  ])('%j', (text, message) => {
    const { problems } = parseInventory(text, { file: 'inv.yaml' });
    expect(problems.map(printProblem)).toEqual([expect.stringMatching(message)]);
  });

  it('says which file cannot be read', async () => {
    await expect(readInventory('/nowhere/hosts')).rejects.toThrow(
      '/nowhere/hosts: the inventory cannot be read: ENOENT',
    );
  });

  it('never throws, and never has more hosts than allowed', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '[mx]',
        '[mx:children]',
        '[all:vars]',
        'a[1:9]',
        'b[01:20] x=1',
        'hosts:',
        '  c: {}',
        'all:',
        '---',
      ),
      fc.string({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const { hosts, problems } = parseInventory(lines.join('\n'), { maxHosts: 15 });
        expect(hosts.length).toBeLessThanOrEqual(15);
        expect(hosts.length + problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('selecting hosts', () => {
  const inventory = parse('mail.ini');
  const names = (pattern: string): string[] => selectHosts(inventory, pattern).map(({ name }) => name);

  it('goes by groups, names and stars, and leaves out what has an exclamation mark', () => {
    expect(names('relays')).toEqual(['relay-a', 'relay-b']);
    expect(names('europe,!mail0*')).toEqual(['mail99.example.net', 'relay-a', 'relay-b']);
    expect(names('!europe')).toEqual(['bastion.example.net']);
    expect(names('*.example.net,!mx')).toEqual(['bastion.example.net']);
  });

  it('refuses a part that names nobody', () => {
    expect(() => names('europe,rleays')).toThrow(
      'mail.ini: "rleays" names no host and no group with hosts. Groups: ',
    );
  });
});
