/** The page's script: shows the record anew whenever the form changes. Nothing leaves the page. */
import { makeRecord, type Answers } from './record.ts';

const form = document.querySelector('form')!;
const output = document.querySelector('output')!;

function show(): void {
  const data = new FormData(form);
  const text = (name: string): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value : '';
  };
  const made = makeRecord({
    domain: text('domain'),
    mx: data.has('mx'),
    networks: text('networks'),
    includes: text('includes'),
    others: text('others') as Answers['others'],
  });
  output.textContent =
    'problem' in made
      ? made.problem
      : `${made.zoneLine}\n\n; ${made.lookups} of 10 DNS lookups, those of includes not counted`;
  output.className = 'problem' in made ? 'problem' : '';
}

form.addEventListener('input', show);
show();
