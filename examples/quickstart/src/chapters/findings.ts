import type { AuditReport } from '@postern/hardening';
import type { Finding } from '@postern/plan';
import { bars, html, table } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Line } from '../terminal.ts';

/** What is wrong, and where: every finding with its rule, its reason and its source. */
export function tellFindings({ before }: AuditReport): Chapter {
  const { findings, counts } = before;
  const total = `${counts.error} errors, ${counts.warning} warnings, ${counts.note} notes`;
  return {
    name: 'Findings',
    what: 'what is wrong, and where',
    lines: [...findingLines(findings), '', total],
    body: [
      bars({
        title: `Findings by level: ${total}`,
        rows: [
          { label: 'errors', value: counts.error, level: 'error' },
          { label: 'warnings', value: counts.warning, level: 'warning' },
          { label: 'notes', value: counts.note },
        ],
      }),
      table({
        head: ['place', 'what', 'why', 'source'],
        rows: findings.map(({ at, level, message, rule, why, source }) => [
          at ? html`<code>${`${at.file}:${at.line}`}</code>` : '',
          html`<span class="${level}">${level}</span> ${message} <small class="dim">${rule}</small>`,
          why,
          html`<small>${source}</small>`,
        ]),
      }),
    ],
  };
}

/** Findings a line each, by place. */
export function findingLines(findings: readonly Finding[]): Line[] {
  return findings.map(({ at, level, message, rule }) => ({
    head: `${(at ? `${at.file}:${at.line}` : '').padEnd(12)} ${level.padEnd(7)} `,
    text: `${message} (${rule})`,
    tone: level,
  }));
}
