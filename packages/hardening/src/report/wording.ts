import type { Level, Place } from '@postern/plan';
import type { ClosedPath, RelayProof } from '@postern/simulator';
import type { SampleResult } from './restriction-path.ts';

/** What the reports for people say in common. */

export const levels: readonly { readonly level: Level; readonly title: string }[] = [
  { level: 'error', title: 'Errors' },
  { level: 'warning', title: 'Warnings' },
  { level: 'note', title: 'Notes' },
];

export function placeText(at: Place | undefined): string {
  return at ? `${at.file}:${at.line}:${at.column}` : 'the whole configuration';
}

/** `refused: 554 5.7.1 by reject_rbl_client zen.spamhaus.org (main.cf:48), unless unix:private/x says otherwise` */
export function resultText({ outcome, reply, decidedBy, hangsOn }: SampleResult): string {
  const code = [reply.code, reply.enhanced].filter(Boolean).join(' ');
  const what = {
    accept: 'accepted',
    discard: 'taken and thrown away',
    reject: `refused: ${code}`,
    defer: `put off: ${code}`,
  }[outcome];
  const place = decidedBy?.file ? `${decidedBy.file}:${decidedBy.line}` : 'default';
  const by = decidedBy
    ? ` by ${[decidedBy.restriction, decidedBy.argument].filter(Boolean).join(' ')} (${place})`
    : '';
  const unless = hangsOn.length > 0 ? `, unless ${hangsOn.join(' or ')} says otherwise` : '';
  return `${what}${by}${unless}`;
}

/** The relay proof in one word or three. */
export function saidBy(proof: RelayProof): string {
  if ('open' in proof) return 'yes: an open relay';
  return 'unknown' in proof ? 'not known' : 'no: proved closed';
}

/** What closes the relay, each service, view and restriction once: `[service, view, restriction, place]`. */
export function closedWays(closed: readonly ClosedPath[]): string[][] {
  const ways = closed.map(({ service, view, by }) => [
    service,
    view,
    `${by.restriction} in ${by.list}`,
    by.file === null ? 'default' : `${by.file}:${by.line}`,
  ]);
  return [...new Map(ways.map((way) => [way.join('\n'), way])).values()];
}
