import { reasonsOf, renderDiff, type Change, type Files } from '@postern/plan';
import type { HardeningPlan } from '@postern/hardening';
import { diffBlock, html, table } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Line, Tone } from '../terminal.ts';

/** What is to be changed, as a diff, and the reasons, each once with what follows from it. */
export function tellPlan(plan: HardeningPlan, before: Files, after: Files): Chapter {
  const diff = renderDiff(before, after, { context: 1 }).trimEnd();
  const reasons = byReason(plan);
  const leftAlone = plan.notes.map(({ message }) => message.replace(/\bInput: (\w+)/, optionFor));
  return {
    name: 'Plan',
    what: 'what to do, and why',
    lines: [
      ...diff.split('\n').map((text): Line => ({ text, ...toneOf(text) })),
      '',
      ...reasons.flatMap(({ why, source, subjects }): Line[] => [
        { head: '* ', text: why },
        { head: '  → ', text: subjects.join(', ') },
        { head: '  ', text: source, tone: 'dim' },
      ]),
      ...(leftAlone.length > 0 ? [''] : []),
      ...leftAlone.map((message) => ({ head: 'left alone: ', text: message })),
    ],
    body: [
      diffBlock(diff),
      table({
        head: ['why', 'what follows', 'source'],
        rows: reasons.map(({ why, source, subjects }) => [
          why,
          subjects.map((subject) => html`<code>${subject}</code> `),
          html`<small>${source}</small>`,
        ]),
      }),
      leftAlone.length > 0 &&
        html`<h3>Left alone</h3><ul>${leftAlone.map((each) => html`<li>${each}</li>`)}</ul>`,
    ],
  };
}

interface ReasonGroup {
  readonly why: string;
  readonly source: string;
  readonly subjects: readonly string[];
}

/** Every reason once, in the order of the plan, with the changes that it leads to. */
function byReason({ changes }: HardeningPlan): ReasonGroup[] {
  const told = changes.flatMap((change) =>
    reasonsOf(change).map(({ why, source }) => ({ why, source, subject: subjectOf(change) })),
  );
  return [...Map.groupBy(told, ({ why, source }) => `${why}\n${source}`).values()].map((group) => ({
    why: group[0]!.why,
    source: group[0]!.source,
    subjects: [...new Set(group.map(({ subject }) => subject))],
  }));
}

function subjectOf(change: Change): string {
  switch (change.type) {
    case 'set-parameter':
    case 'remove-parameter':
      return change.name;
    case 'put-service':
      return `${change.service.name}/${change.service.type}`;
    case 'remove-service':
    case 'set-service-option':
      return `${change.name}/${change.serviceType}`;
    case 'put-file':
    case 'remove-file':
      return change.path;
    case 'set-sysctl':
      return change.key;
    case 'install-package':
      return change.name.debian ?? change.name.redhat ?? '';
    case 'postfix-action':
      return `postfix ${change.action}`;
  }
}

function toneOf(line: string): { readonly tone?: Tone } {
  if (/^(?:\+\+\+|---|@@)/.test(line)) return { tone: 'dim' };
  if (line.startsWith('+')) return { tone: 'added' };
  return line.startsWith('-') ? { tone: 'removed' } : {};
}

/** The command line's name for an input that a note asks for. */
function optionFor(_: string, input: string): string {
  const option =
    input === 'tls' ? 'cert and --key' : input.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `Say so with npx postern plan … --${option}`;
}
