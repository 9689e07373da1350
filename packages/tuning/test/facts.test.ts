import fc from 'fast-check';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parseCommit,
  parseFacts,
  parseObservation,
  parseThroughput,
  progressOf,
  valueOf,
  type Fact,
  type HostFacts,
} from '../src/index.ts';
import { frame, hosts, probeOutput, readHost } from './frame.ts';

describe('hosts of many kinds', () => {
  for (const file of globSync('*.json', { cwd: hosts }).toSorted()) {
    const name = basename(file, '.json');
    it(`knows ${name} from its evidence`, () => {
      const expected = JSON.parse(readFileSync(join(hosts, file), 'utf8')) as Record<string, unknown>;
      const facts = parseFacts(readHost(name));
      expect(facts.probe.problems).toEqual([]);
      expect(pick(facts, Object.keys(expected))).toEqual(expected);
    });
  }
});

/** The facts that expectations name. */
function pick(facts: HostFacts, names: readonly string[]): Record<string, unknown> {
  const get = (fact: Fact<unknown>): unknown => valueOf(fact) ?? null;
  const all: Record<string, unknown> = {
    machine: get(facts.virtualisation.machine),
    container: get(facts.virtualisation.container),
    rootless: get(facts.virtualisation.rootless),
    cpus: get(facts.cpu.count),
    steal: Number((valueOf(facts.cpu.steal) ?? 0).toFixed(2)),
    quota: get(facts.cpu.quota),
    limit: get(facts.memory.limit),
    usable: get(facts.memory.usable),
    burst: get(facts.memory.burst),
    beancounters: Object.keys(valueOf(facts.beancounters) ?? {}).length,
    fileSystem: get(facts.queue.fileSystem),
    disk: valueOf(facts.disks)?.[0]?.name,
    raid: get(facts.raid),
  };
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

/** Every fact in the tree, by its path. */
function factsIn(value: unknown, path = ''): [string, Fact<unknown>][] {
  if (typeof value !== 'object' || value === null) return [];
  if ('known' in value) return [[path, value as Fact<unknown>]];
  return Object.entries(value).flatMap(([key, inner]) => factsIn(inner, `${path}/${key}`));
}

/** Facts that both have and that differ. */
function contradictions(whole: HostFacts, other: HostFacts): string[] {
  const truth = new Map(factsIn(whole));
  return factsIn(other).flatMap(([path, fact]) => {
    const before = truth.get(path);
    return fact.known && (!before?.known || JSON.stringify(before.value) !== JSON.stringify(fact.value))
      ? [path]
      : [];
  });
}

describe('output that did not arrive as it was sent', () => {
  const output = readHost('bare-metal');
  const facts = parseFacts(output);

  it('is never believed where it is cut off, wherever that is', () => {
    for (let length = 0; length < output.length - 8; length += 7) {
      const cut = parseFacts(output.slice(0, length));
      expect(cut.probe.problems.length).toBeGreaterThan(0);
      expect(contradictions(facts, cut)).toEqual([]);
    }
  });

  it('is never believed where bytes changed', () => {
    const anywhere = fc.nat(output.length - 1);
    const bytes = fc.string({ minLength: 1, maxLength: 4, unit: 'binary' });
    const holds = fc.property(anywhere, bytes, (at, text) => {
      const changed = output.slice(0, at) + text + output.slice(at + text.length);
      return changed === output || contradictions(facts, parseFacts(changed)).length === 0;
    });
    expect(() => fc.assert(holds, { numRuns: 400 })).not.toThrow();
  });

  it('is never believed where two outputs are mixed, line by line or section by section', () => {
    const one = output.split('\n');
    const two = readHost('kvm').split('\n');
    const other = parseFacts(two.join('\n'));
    fc.assert(
      fc.property(fc.array(fc.nat(12), { maxLength: 40 }), (steps) => {
        const mixed: string[] = [];
        let [a, b] = [0, 0];
        for (const [index, step] of steps.entries()) {
          if (index % 2 === 0) mixed.push(...one.slice(a, (a += step)));
          else mixed.push(...two.slice(b, (b += step)));
        }
        mixed.push(...one.slice(a), ...two.slice(b));
        const read = parseFacts(mixed.join('\n'));
        // A section that stayed whole may be of either host, but no section is of both.
        const wrong = new Set(contradictions(facts, read));
        expect(contradictions(other, read).filter((path) => wrong.has(path))).toEqual([]);
      }),
      { numRuns: 200 },
    );
    const doubled = parseFacts(output.replace('@@ end\n', '') + readHost('kvm'));
    expect(doubled.probe.problems.map(({ code }) => code)).toContain('contradicting-sections');
    expect(doubled.cpu.count).toEqual({ known: false, why: 'damaged', evidence: 'section cpu' });
  });

  it('stands up to gigabytes by reading no more than it needs', () => {
    const huge = `postern-probe 1\n@@ cpu\n${' /proc/loadavg:9.0 9.0 9.0\n'.repeat(2 ** 22)}@@ end\n`;
    const read = parseFacts(huge);
    expect(read.probe.problems.map(({ code }) => code)).toContain('too-large');
    expect(factsIn(read).filter(([, fact]) => fact.known)).toEqual([]);
  });

  it('lets no escape sequence through, even with a checksum that holds', () => {
    const evil = `postern-probe 1\n${frame('cpu', ' \u001b]0;owned\u0007/proc/loadavg:1.0 1.0 1.0\n /proc/loadavg:0.1 0.1\u001b[2J 0.1\n')}@@ end\n`;
    const read = parseFacts(evil);
    expect(valueOf(read.cpu.load)).toBeUndefined();
    // eslint-disable-next-line no-control-regex
    expect(JSON.stringify(read)).not.toMatch(/\\u001b|\u001b/);
  });

  it('makes of no output whatever a throw, a control character or a number out of bounds', () => {
    const lines = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...output.split('\n'))), {
      maxLength: 60,
    });
    const said = (text: string): unknown[] => [
      parseFacts(text),
      parseObservation(text),
      parseCommit(text),
      parseThroughput(text),
      progressOf(text),
    ];
    fc.assert(
      fc.property(lines, fc.boolean(), (body, framed) => {
        const text = framed
          ? `postern-probe 1\n${['commit', 'log', 'mail', 'cpu', 'queue'].map((name) => frame(name, body.map((line) => ` ${line.replaceAll('\n', '')}\n`).join(''))).join('')}@@ end\n`
          : body.join('\n');
        const read = JSON.stringify(said(text));
        // eslint-disable-next-line no-control-regex
        expect(read).not.toMatch(/\\u00[01]|[\u0000-\u001f\u007f-\u009f]/);
        const numbers = factsIn(parseFacts(text)).map(([, fact]) => (fact.known ? fact.value : undefined));
        expect(numbers.filter((value) => typeof value === 'number' && !(value >= 0))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('takes localised and senseless values for unknown', () => {
    const odd = probeOutput(
      '@@ cpu\n/proc/loadavg:0,42 0,40 0,35 1/210 1\n/sys/devices/system/cpu/online:3-1\nprocessors:viele\n/proc/stat:cpu  -1 0 1 1 1 1 1 1\n' +
        '@@ memory\n/proc/meminfo:MemTotal: 8000000 Ko\n@@ queue\nspace:Dateisystem 1K-Bloecke\ndeferred:12e3\n@@ cgroup\n/sys/fs/cgroup/memory.max:-5\n',
    );
    const read = parseFacts(odd);
    for (const fact of [
      read.cpu.load,
      read.cpu.count,
      read.cpu.steal,
      read.memory.total,
      read.memory.limit,
      read.queue.messages.deferred,
      read.queue.freeBytes,
    ])
      expect(fact).toMatchObject({ known: false, why: 'not-understood' });
  });

  it('says what is no output of the probe', () => {
    expect(parseFacts('bash: sh: command not found\n').probe.problems).toEqual([
      { code: 'not-a-probe', message: 'the output does not begin as the probe does' },
    ]);
  });

  it('passes over what a login shell says first', () => {
    const chatty = parseFacts(`Welcome to mx1!\nLast login: now\n${output}`);
    expect(contradictions(facts, chatty)).toEqual([]);
    expect(chatty.probe.problems).toEqual([]);
  });
});
