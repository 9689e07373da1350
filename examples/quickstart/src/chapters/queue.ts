import type { PostfixHost, QueueSummary, TriageGroup } from '@postern/controller';
import { bars, html, table, type Bar, type Html } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Line } from '../terminal.ts';

/** What fills a stuck queue: backscatter told from mail, the causes, and the way out. Nothing is held or deleted. */
export async function sortQueue({ name, queue }: PostfixHost, summary: QueueSummary): Promise<Chapter> {
  const { total, backscatter, legitimate, unsure, causes, plan, pace } = await queue.triage();
  const groups: (readonly [string, TriageGroup])[] = [
    ['backscatter', backscatter],
    ['legitimate', legitimate],
    ['not sure', unsure],
  ];
  const changes = [...new Set(plan.changes.map(({ because }) => because.why))];
  return {
    name: 'Queue',
    what: `what fills the queue of ${name}: ${total} messages`,
    lines: [
      ...groups.map(([label, group]): Line => ({
        head: `${label.padEnd(12)} `,
        text: `${group.count} (${whys(group)})`,
        tone: label === 'backscatter' ? 'error' : 'ok',
      })),
      ...causes.flatMap(({ message, confidence, signs, advice }): (string | Line)[] => [
        '',
        { text: `${message} (${confidence})`, tone: 'error' },
        ...signs.map((sign) => ({ head: '  sign: ', text: sign })),
        ...advice.map((each) => ({ head: '  do: ', text: each })),
      ]),
      '',
      ...changes.map((why) => ({ head: 'plan: ', text: why })),
      { head: 'release: ', text: `${pace.perSecond} a second; ${pace.because}` },
    ],
    body: [
      bars({
        title: `Messages that are backscatter and messages that are mail, of ${total}`,
        rows: groups.map(([label, { count }]): Bar => ({
          label,
          value: count,
          level: label === 'backscatter' ? 'error' : 'ok',
        })),
      }),
      table({
        head: ['', 'messages', 'why', 'for example'],
        rows: groups.map(([label, group]) => [
          label,
          group.count,
          whys(group),
          group.samples
            .slice(0, 3)
            .map(
              ({ from, subject, recipients }) =>
                html`<small>${subject ?? from ?? 'mail'} → ${recipients.join(', ')}</small><br>`,
            ),
        ]),
      }),
      html`<h3>By age, in minutes</h3>`,
      plot('Messages by age in minutes', summary.byAge),
      html`<h3>By destination</h3>`,
      plot('Messages by recipient domain', summary.byRecipientDomain),
      html`<h3>By reason</h3>`,
      plot('Messages by reason', summary.byReason),
      causes.map(({ message, confidence, signs, advice }) => [
        html`<h3 class="error">${message} (${confidence})</h3>`,
        html`<ul>${[...signs, ...advice].map((each) => html`<li>${each}</li>`)}</ul>`,
      ]),
      html`<p>${changes.join(' ')}</p>
        <p>What is released then goes at ${pace.perSecond} a second: ${pace.because}.</p>`,
    ],
  };
}

/** The greatest few of a count. */
function plot(title: string, counts: Readonly<Record<string, number>>): Html {
  const rows = Object.entries(counts).map(([label, value]) => ({ label, value }));
  return bars({
    title,
    rows: rows.length <= 10 ? rows : rows.toSorted((a, b) => b.value - a.value).slice(0, 10),
  });
}

function whys({ byWhy }: TriageGroup): string {
  const told = Object.entries(byWhy).map(([why, count]) => `${count} ${why.replaceAll('-', ' ')}`);
  return told.length === 0 ? 'none' : told.join(', ');
}
