import { describe, expect, it } from 'vitest';
import { capacity, doctor, guideTable, parseFacts, recommend, reportHtml } from '../src/index.ts';
import { configuration, fact, healthyHost } from './example-host.ts';
import { readHost } from './frame.ts';

const answers = (name: string): unknown[] =>
  guideTable(parseFacts(readHost(name))).map(({ answer, good }) => [answer.split(':')[0], good]);

describe('the guide’s table', () => {
  it('is answered from evidence, host by host', () => {
    expect(answers('openvz')).toEqual([
      ['shared with others; quiet now. Measure', undefined],
      ['not known', undefined],
      ['burst', false],
    ]);
    expect(answers('docker')[2]).toEqual(['limited by a cgroup', undefined]);
    expect(answers('bare-metal')[0]).toEqual(['dedicated', true]);
  });
  it('follows what was measured, not the name of the host', () => {
    const jittery = guideTable(healthyHost(), { p50: 0.001, p99: 0.4, method: 'fio' })[0];
    expect(jittery).toMatchObject({
      good: false,
      answer: 'contended: commits take much longer now and then',
    });
    expect(guideTable(healthyHost(), { p50: 0.001, p99: 0.003, method: 'fio' })[0]?.good).toBe(true);
    const stolen = healthyHost((facts) => ({ cpu: { ...facts.cpu, steal: fact(0.2) } }));
    expect(guideTable(stolen)[0]).toMatchObject({ good: false });
  });
  it('knows whose the kernel is', () => {
    const inside = healthyHost((facts) => ({
      virtualisation: { ...facts.virtualisation, container: fact('openvz') },
      sysctl: { 'vm.swappiness': { value: '60', writable: false } },
    }));
    expect(guideTable(inside)[1]).toMatchObject({ good: false });
    expect(guideTable(healthyHost())[1]).toMatchObject({ answer: 'full control', good: true });
  });
});

describe('the report', () => {
  it('is one page that needs nothing else and trusts no name', () => {
    const facts = healthyHost();
    const workload = {
      destinations: [
        { nexthop: '<img src=x onerror=alert(1)>', messagesPerSecond: 60, deliverySeconds: 1, own: true },
      ],
    };
    const queue = {
      total: 2,
      byQueue: {},
      bySender: {},
      byRecipientDomain: {},
      byReason: {},
      byAge: { '<5': 1, '<10': 1 },
    };
    const html = reportHtml({
      target: 'mx1 <&>',
      facts,
      table: guideTable(facts),
      plan: recommend(facts, configuration(), workload),
      bounds: capacity(facts, configuration(), workload),
      diagnoses: doctor(facts, configuration()),
      observation: { queue },
      measured: 80,
    });
    expect(html.match(/<svg /g)).toHaveLength(4);
    expect(html).not.toMatch(/<img|<script|src=["']?http|href=/);
    expect(html).toContain('mx1 &#60;&#38;&#62;');
    expect(html).toContain('smtp_destination_concurrency_limit: change');
  });
});
