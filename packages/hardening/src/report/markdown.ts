import type { RelayProof } from '@postern/simulator';
import type { AuditReport, HostReport, ReportedFinding } from './audit-report.ts';
import type { RestrictionPath } from './restriction-path.ts';
import { closedWays, levels, placeText, resultText, saidBy } from './wording.ts';

/** The report as Markdown, for an issue, a merge request or a chat. What stands in the files stays text in it. */
export function toMarkdown({ target, postfix, before, after, allowed, obstacles }: AuditReport): string {
  return (
    [
      `# Postfix on ${text(target)}`,
      `An audit of its configuration for Postfix ${text(postfix)}${after ? `, and of what ${text(after.name)} makes of it` : ''}.`,
      ...(before.unreadable === undefined
        ? []
        : [`**Postfix does not start with these files:** ${text(before.unreadable)}`]),
      table(
        ['', 'errors', 'warnings', 'notes', 'relaying for strangers'],
        [glance(after ? 'as it is' : '', before), ...(after ? [glance(`after ${after.name}`, after)] : [])],
      ),
      ...levels.flatMap(({ level, title }) => {
        const found = before.findings.filter((finding) => finding.level === level);
        return found.length === 0 ? [] : [`## ${title}`, ...found.map(findingOf)];
      }),
      ...(allowed.length === 0
        ? []
        : [
            '## Allowed',
            list(
              allowed.map(
                ({ finding, by }) =>
                  `${code(placeText(finding.at))} ${text(finding.message)}: ${text(`${by.because}, until ${by.until}`)}`,
              ),
            ),
          ]),
      ...(obstacles.length === 0
        ? []
        : [
            '## What must be mended first',
            list(obstacles.map(({ message, at }) => `${text(message)} ${code(placeText(at))}`)),
          ]),
      ...samples(before.paths, after?.paths),
      ...(before.relay ? ['## Can a stranger relay?', relay(before.relay)] : []),
      ...(after?.relay ? ['After that:', relay(after.relay)] : []),
      ...(after && after.diff !== '' ? ['## What would change', block(after.diff, 'diff')] : []),
      ...(after && after.findings.length > 0
        ? [
            '## What is left after that',
            list(
              after.findings.map(
                ({ level, message, at }) => `${level}: ${text(message)} ${code(placeText(at))}`,
              ),
            ),
          ]
        : []),
    ].join('\n\n') + '\n'
  );
}

function glance(name: string, { counts, relay: proof }: HostReport): string[] {
  return [
    text(name),
    String(counts.error),
    String(counts.warning),
    String(counts.note),
    proof ? saidBy(proof) : 'not known',
  ];
}

function findingOf(finding: ReportedFinding): string {
  const { rule, message, at, why, source, versions, excerpt, change, byHand } = finding;
  return [
    `### ${text(message)}`,
    `${code(placeText(at))} · ${code(rule)}`,
    ...(excerpt === undefined ? [] : [block(excerpt)]),
    [why, `Source: ${source}. Postfix versions: ${versions}.`].filter(Boolean).map(text).join(' '),
    ...(change === undefined ? [] : ['Fix:', block(change, 'diff')]),
    ...(byHand ? [text(`By hand: ${byHand.because} ${byHand.steps}`)] : []),
  ].join('\n\n');
}

function samples(before: readonly RestrictionPath[], after: readonly RestrictionPath[] = []): string[] {
  const services = [...new Set([...before, ...after].map(({ service }) => service))];
  return services.flatMap((service) => {
    const states = [before, after].flatMap((paths) => paths.find((path) => path.service === service) ?? []);
    const rows = (states.at(-1)?.samples ?? []).map(({ id, title }) => [
      text(title),
      ...states.map(({ samples: results }) => {
        const result = results.find((each) => each.id === id);
        if (!result) return '–';
        const sign = result.right === undefined ? '?' : result.right ? '✓' : '✗';
        return `${sign} ${text(resultText(result))}`;
      }),
    ]);
    const heads = states.length === 2 ? ['as it is', 'after the plan'] : ['outcome'];
    return [`## The way of mail through ${text(service)}`, table(['sample', ...heads], rows)];
  });
}

function relay(proof: RelayProof): string {
  if ('open' in proof) {
    const { client, from = '', to = [], service = 'smtp' } = proof.open;
    return `**Open.** Seen from the ${text(proof.view)}, ${text(service)} takes mail from ${code(client.address)}, sender ${code(`<${from}>`)}, to ${code(`<${to.join('> <')}>`)}.`;
  }
  if ('unknown' in proof) {
    const items = proof.unknown.map(({ because, service, view }) =>
      text(`${because} (${service}, from the ${view})`),
    );
    return `**Not known.** It hangs on:\n\n${list(items)}`;
  }
  const rows = closedWays(proof.closed).map((cells) => cells.map(text));
  return `**Closed.** Whatever a stranger says, this refuses it:\n\n${table(['service', 'from', 'closed by', 'place'], rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '@': '&#64;' };

/** Text in which nothing is markup, neither Markdown's nor HTML's, on one line. */
function text(raw: string): string {
  return visible(raw.replaceAll(/\s+/g, ' ')).replaceAll(
    // An underscore between letters is none of Markdown's.
    /[\\`*{}[\]<>#|~$&!@]|(?<!\w)_|_(?!\w)/g,
    (char) => entities[char] ?? `\\${char}`,
  );
}

/** A code span, whatever backticks stand in it. */
function code(raw: string): string {
  const content = visible(raw.replaceAll(/\s+/g, ' ')).replaceAll('|', '\\|');
  const fence = '`'.repeat(longestRun(content) + 1);
  const pad = content.startsWith('`') || content.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${content}${pad}${fence}`;
}

function block(raw: string, language = ''): string {
  const content = visible(raw).replace(/\n+$/, '');
  const fence = '`'.repeat(Math.max(3, longestRun(content) + 1));
  return `${fence}${language}\n${content}\n${fence}`;
}

function longestRun(content: string): number {
  return Math.max(0, ...Array.from(content.matchAll(/`+/g), ([run]) => run.length));
}

/** Control characters have no place in a text for people. */
function visible(raw: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters that must not get through
  return raw.replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029]/g, (char) =>
    char === '\t' ? ' ' : '\uFFFD',
  );
}
