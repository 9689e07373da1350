import { describeWith, startBrowser } from '@postern/testbed';
import { describe, expect, it } from 'vitest';
import {
  capacity,
  doctor,
  guideTable,
  parseFacts,
  recommend,
  reportHtml,
  type Observation,
  type QueueSummary,
} from '../src/index.ts';
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

const evil = '<img src=x onerror=alert(1)>';

function reportOf(observation: Observation = {}): string {
  const facts = healthyHost();
  const workload = {
    destinations: [{ nexthop: evil, messagesPerSecond: 60, deliverySeconds: 1, own: true }],
  };
  return reportHtml({
    target: 'mx1 <&>',
    facts,
    table: guideTable(facts),
    plan: recommend(facts, configuration(), workload),
    bounds: capacity(facts, configuration(), workload),
    diagnoses: doctor(facts, configuration()),
    observation,
    measured: 80,
  });
}

const queue: QueueSummary = {
  total: 12,
  byQueue: {},
  bySender: {},
  byRecipientDomain: {},
  byReason: {},
  byAge: { '<10': 4, '<5': 8 },
};

describe('the report', () => {
  it('is one page that needs nothing else and trusts no name', () => {
    const html = reportOf({ queue });
    expect(html.match(/<svg\b/g)).toHaveLength(4);
    expect(html).not.toMatch(/<img|<script|<[^>]* src=|href="(?!#)/);
    expect(html).toContain('mx1 &lt;&amp;&gt;');
  });
  it('says whether the queue is empty or was not listed', () => {
    expect(reportOf({ queue: { ...queue, total: 0, byAge: {} } })).toContain('No message waits.');
    expect(reportOf()).toContain('The queue was not listed.');
  });
});

describeWith(['chromium'], 'the report in a browser', () => {
  it('shows tables and four plots, runs and fetches nothing, and needs no sideways scroll on a phone', async () => {
    await using browser = await startBrowser();
    await using shown = await browser.open({ html: reportOf({ queue }) }, { screen: 'phone' });
    const titles = await shown.page.locator('svg title').allTextContents();
    expect(titles.map((title) => title.split(/[ ,]/)[0])).toEqual(['Messages', 'Load', 'Share', 'Messages']);
    const ages = shown.page.locator('section:has(h2:text-is("Age of the queue")) svg');
    expect(await ages.locator('text').allTextContents()).toEqual(['under 5 min', '8', 'under 10 min', '4']);
    const widths = await ages
      .locator('rect')
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    expect(widths[0]! / widths[1]!).toBeCloseTo(2, 1);
    const settings = shown.page.locator('section:has(h2:text-is("Settings")) tbody tr');
    expect(await settings.filter({ hasText: 'smtp_destination_concurrency_limit' }).textContent()).toContain(
      'change',
    );
    expect(await shown.page.locator('script, img, link, iframe').count()).toBe(0);
    expect(await shown.sidewaysScroll()).toBe(0);
    expect({ requests: shown.requests, errors: shown.errors }).toEqual({ requests: [], errors: [] });
    await shown.screenshot('tuning-report');
  });
});
