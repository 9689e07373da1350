import { bars, html, page, table, type Html } from '@postern/report';
import type { RolloutReport } from './report.ts';

/** A report as one HTML page that needs nothing else. */
export function reportHtml(report: RolloutReport): string {
  const { id, label, begun, phase, because, counts, hosts, waves } = report;
  const failed = hosts.filter(({ status }) => ['rolled-back', 'failed', 'unknown'].includes(status));
  return page({
    title: `Rollout ${id}`,
    lead: html`${label}. Begun ${begun}, ${phase === 'running' ? 'under way' : phase}${because !== undefined && html`: ${because}`}.`,
    sections: [
      {
        title: 'Hosts',
        body: bars({
          title: 'How many hosts are how',
          rows: Object.entries(counts)
            .filter(([, count]) => count > 0)
            .map(([status, value]) => ({ label: status, value, level: levels[status] ?? 'warning' })),
        }),
      },
      {
        title: 'Waves',
        body: table({
          head: ['Wave', 'Hosts', 'Done', 'Failed'],
          rows: waves.map((wave) => [wave.name, wave.hosts, wave.ended, wave.failures]),
        }),
      },
      {
        title: 'What failed',
        body: table({
          head: ['Host', 'How', 'Why'],
          rows: failed.map(({ host, status, code, message }) => [
            host,
            paint(status),
            html`${message ?? code}`,
          ]),
        }),
      },
      {
        title: 'Every host',
        body: table({
          head: ['Host', 'Wave', 'How', 'Files', 'Change', 'Seconds'],
          rows: hosts.map(({ host, wave, status, changed, change, seconds }) => [
            host,
            waves[wave]?.name,
            paint(status),
            changed?.join(', '),
            change !== undefined && status !== 'unchanged' && change,
            seconds,
          ]),
        }),
      },
    ],
    footer: 'Made by postern.',
  });
}

const levels: Readonly<Record<string, 'error' | 'warning' | 'ok'>> = {
  applied: 'ok',
  unchanged: 'ok',
  'rolled-back': 'error',
  failed: 'error',
  unknown: 'error',
};

function paint(status: string): Html {
  return html`<span class="${levels[status] ?? 'dim'}">${status}</span>`;
}
