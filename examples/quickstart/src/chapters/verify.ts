import { effective, parseMain } from '@postern/config';
import { audit } from '@postern/hardening';
import { isEmpty } from '@postern/plan';
import { html, table } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import { installedVersion, readBack } from '../postfix.ts';
import { configurationOf, planFor, type Subject } from '../subject.ts';
import type { Line, Tone } from '../terminal.ts';
import { findingLines } from './findings.ts';

/** The result read anew: the audit again, a second plan, and what the real Postfix of this machine reads in it. */
export async function verify(result: Subject, findingsBefore: number): Promise<Chapter> {
  const left = audit(configurationOf(result));
  const again = isEmpty(planFor(result));
  const checks: (readonly [what: string, result: string, tone: Tone])[] = [
    [
      'audit',
      `${findingsBefore} findings before, ${left.length} after`,
      left.length === 0 ? 'ok' : 'warning',
    ],
    ['second plan', again ? 'empty' : 'NOT EMPTY', again ? 'ok' : 'error'],
    await compareWithPostfix(result),
  ];
  return {
    name: 'Verify',
    what: 'the result, read anew',
    lines: [
      ...checks.map(([what, said, tone]): Line => ({ text: `${what}: ${said}`, tone })),
      ...findingLines(left),
    ],
    body: table({
      rows: checks.map(([what, said, tone]) => [what, html`<span class="${tone}">${said}</span>`]),
    }),
  };
}

/** Holds our reading of the result against the Postfix of this machine, where there is one. */
async function compareWithPostfix({
  folder: { files },
  version,
}: Subject): Promise<readonly [string, string, Tone]> {
  const ours = effective({ main: parseMain(files['main.cf']!), version });
  const installed = await installedVersion();
  if (installed === undefined)
    return [
      'our own reader',
      `reads ${ours.names.length} parameters; no Postfix is installed here to ask too`,
      'ok',
    ];
  const read = await readBack(files);
  // postconf prints one space for each stretch of white space.
  const different = ours.names.filter(
    (name) => read.get(name) !== ours.get(name)?.raw.replaceAll(/\s+/g, ' '),
  );
  return different.length === 0
    ? [`real postconf ${installed}`, `reads ${ours.names.length} parameters and agrees on all of them`, 'ok']
    : [`real postconf ${installed}`, `differs on ${different.join(', ')}`, 'error'];
}
