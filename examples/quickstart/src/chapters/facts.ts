import { effective, parseMain, parseMaster, printOrigin } from '@postern/config';
import { html, table } from '@postern/report';
import type { Chapter } from '../chapter.ts';
import type { Subject } from '../subject.ts';

const telling = ['myhostname', 'mydestination', 'mynetworks', 'relay_domains', 'compatibility_level'];

/** What a host says of itself: its names and networks, each with the line that it comes from. */
export function tellFacts({ name, folder: { files }, version, facts }: Subject): Chapter {
  const main = parseMain(files['main.cf']!);
  const master = parseMaster(files['master.cf'] ?? '');
  const values = effective({ main, master, version });
  const services = master.entries.filter(({ type }) => type === 'service');
  const told = telling.flatMap((parameter) => {
    const found = values.get(parameter);
    return found ? [{ parameter, value: found.value ?? found.raw, from: printOrigin(found.origin) }] : [];
  });
  const counted = `Postfix ${version}; ${values.names.length} parameters set, ${services.length} services`;
  return {
    name: 'Facts',
    what: `what is so ${facts ? 'on' : 'in'} ${name}`,
    lines: [
      ...(facts ?? []),
      counted,
      ...told.map(({ parameter, value, from }) => ({
        head: `  ${parameter} = `,
        text: `${value}  (${from})`,
      })),
    ],
    body: [
      html`<p>${[...(facts ?? []), counted].join('. ')}.</p>`,
      table({
        head: ['parameter', 'value', 'from'],
        rows: told.map(({ parameter, value, from }) => [html`<code>${parameter}</code>`, value, from]),
      }),
    ],
  };
}
