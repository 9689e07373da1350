/** The probe prints less than 16 KB; what is longer than this is not its answer. */
const longestOutput = 256 * 1024;
/** The probe cuts lines here. A value that may have been cut is not read. */
const longestLine = 400;

/** One section of the probe's output, proven whole by its checksum. */
export interface Section {
  readonly name: string;
  /** `key:value` lines, in order. */
  readonly entries: readonly { readonly key: string; readonly value: string }[];
  /** What was there and could not be read. */
  readonly unreadable: ReadonlySet<string>;
  /** Whether lines were left out because there were too many. */
  readonly cut: boolean;
}

/** Something about the output that keeps facts unknown. Plain data. */
export interface ProbeProblem {
  readonly code: 'not-a-probe' | 'too-large' | 'truncated' | 'damaged-section' | 'contradicting-sections';
  readonly message: string;
  readonly section?: string;
}

export interface Sections {
  readonly byName: ReadonlyMap<string, Section>;
  readonly problems: readonly ProbeProblem[];
}

/**
 * Takes the output apart. A section counts only when its checksum holds, so what is truncated, mixed with other
 * output or changed on the way is missing instead of wrong. What stands before the first line (a chatty login
 * shell) is passed over.
 */
export function readSections(output: string): Sections {
  const problems: ProbeProblem[] = [];
  if (output.length > longestOutput) {
    problems.push({
      code: 'too-large',
      message: `the output has ${output.length} characters; only the first ${longestOutput} are read`,
    });
  }
  const lines = output.slice(0, longestOutput).split(/\r?\n/);
  const start = lines.indexOf('postern-probe 1');
  if (start < 0) {
    return {
      byName: new Map(),
      problems: [
        ...problems,
        { code: 'not-a-probe', message: 'the output does not begin as the probe does' },
      ],
    };
  }
  const byName = new Map<string, Section>();
  const spoilt = new Set<string>();
  const damaged = (section: string): void => {
    if (spoilt.has(section)) return;
    spoilt.add(section);
    problems.push({
      code: 'damaged-section',
      section,
      message: `the section "${section}" did not arrive whole; its facts are unknown`,
    });
  };
  let open: { name: string; from: number } | undefined;
  let ended = false;
  for (let index = start + 1; index < lines.length && !ended; index++) {
    const line = lines[index]!;
    const begin = /^@@ ([a-z]{2,12})$/.exec(line);
    if (line === '@@ end') ended = true;
    else if (begin) {
      if (open) damaged(open.name);
      open = { name: begin[1]!, from: index + 1 };
    } else if (line.startsWith('@@/')) {
      const body = open && lines.slice(open.from, index);
      const text = body?.map((each) => `${each}\n`).join('') ?? '';
      if (!open || line !== `@@/${open.name} ${checksum(text)}`) damaged(open?.name ?? line.slice(3, 15));
      else keep(readSection(open.name, body ?? []), byName, spoilt, problems);
      open = undefined;
    }
  }
  if (open) damaged(open.name);
  if (!ended) {
    problems.push({
      code: 'truncated',
      message: 'the output ends before the probe does; run the probe again',
    });
  }
  for (const name of spoilt) byName.delete(name);
  return { byName, problems };
}

/** The checksum that the scripts print: two polynomials, which any awk can count. It finds accidents, not forgers. */
export function checksum(text: string): string {
  let [a, b] = [0, 0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = (a * 131 + code) % 2_147_483_647;
    b = (b * 8191 + code) % 1_000_000_007;
  }
  return `${a}-${b}`;
}

/** Two outputs mixed up by whole sections contradict each other: neither is believed. */
function keep(
  section: Section,
  byName: Map<string, Section>,
  spoilt: Set<string>,
  problems: ProbeProblem[],
): void {
  if (!byName.has(section.name)) {
    byName.set(section.name, section);
    return;
  }
  spoilt.add(section.name);
  problems.push({
    code: 'contradicting-sections',
    section: section.name,
    message: `the section "${section.name}" is there twice; its facts are unknown`,
  });
}

function readSection(name: string, body: readonly string[]): Section {
  const entries: { key: string; value: string }[] = [];
  const unreadable = new Set<string>();
  let cut = false;
  for (const raw of body) {
    const line = raw.slice(1);
    // The probe lets nothing else through; a checksum can be made for anything.
    if (line.length >= longestLine || !/^[\t -~]*$/.test(line)) continue;
    if (line === '~cut') {
      cut = true;
      continue;
    }
    const mark = /^(.{1,200})!(?:unreadable|not there)$/.exec(line);
    if (mark) {
      unreadable.add(mark[1]!);
      continue;
    }
    // A cgroup's path may have a colon in it; its file's name has none.
    const path = /^(\/sys\/fs\/cgroup\/.*\/[a-z._]+):(.*)$/.exec(line);
    const colon = line.indexOf(':');
    if (path) entries.push({ key: path[1]!, value: path[2]! });
    else if (colon > 0) entries.push({ key: line.slice(0, colon), value: line.slice(colon + 1) });
  }
  return { name, entries, unreadable, cut };
}
