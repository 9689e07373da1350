import { linesOf, parseMain, parseMaster } from '@postern/config';
import { normalPath } from '../path.ts';

/**
 * For each line of a file the key of what it belongs to (see `subjectOf`), where it belongs to a parameter or a
 * service; lines count from 1.
 */
export function subjectsByLine(
  path: string,
  text: string,
): ReadonlyMap<number, { key: string; name: string }> {
  const subjects = new Map<number, { key: string; name: string }>();
  let line = 1;
  for (const { text: entry, subject } of entriesOf(normalPath(path), text)) {
    const lines = linesOf({ text: entry }).length;
    if (subject) for (let index = 0; index < lines; index++) subjects.set(line + index, subject);
    line += lines;
  }
  return subjects;
}

function entriesOf(
  path: string,
  text: string,
): { text: string; subject: { key: string; name: string } | undefined }[] {
  if (path === 'main.cf') {
    return parseMain(text).entries.map((entry) => ({
      text: entry.text,
      subject: entry.type === 'parameter' ? { key: `main.cf ${entry.name}`, name: entry.name } : undefined,
    }));
  }
  if (path === 'master.cf') {
    return parseMaster(text).entries.map((entry) => {
      if (entry.type !== 'service') return { text: entry.text, subject: undefined };
      const name = `${entry.name}/${entry.serviceType}`;
      return { text: entry.text, subject: { key: `master.cf ${name}`, name } };
    });
  }
  return [];
}
