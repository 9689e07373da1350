import { parseDomain } from '../domain-name.ts';

/** An MTA-STS policy file (RFC 8461 section 3.2). */
export interface MtaStsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none';
  /** Seconds that a sender keeps it. */
  readonly maxAge: number;
  /** Host names, or `*.` and a domain for any one label. */
  readonly mx: readonly string[];
}

/** A year, the most that a policy may say. */
const longestAge = 31_557_600;

/** Reads a policy. What keeps senders from using it is in `problems`, and then there is no policy. */
export function parseMtaStsPolicy(text: string): {
  readonly policy?: MtaStsPolicy;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const values = new Map<string, string>();
  const mx: string[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '') return;
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).trim();
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/.test(key)) problems.push(`line ${index + 1} is no "key: value"`);
    else if (key === 'mx') mx.push(value.toLowerCase());
    else if (!values.has(key)) values.set(key, value);
  });
  const [mode, age] = [values.get('mode'), values.get('max_age')];
  if (values.get('version') !== 'STSv1') problems.push('there is no "version: STSv1"');
  if (mode !== 'enforce' && mode !== 'testing' && mode !== 'none') {
    problems.push(
      mode === undefined ? 'there is no mode' : `mode: ${mode} is none of enforce, testing and none`,
    );
  }
  const maxAge = Number(age);
  if (age === undefined || !/^\d{1,10}$/.test(age) || maxAge > longestAge) {
    problems.push(
      age === undefined
        ? 'there is no max_age'
        : `max_age: ${age} is no number of seconds up to ${longestAge}`,
    );
  }
  if (mx.length === 0 && mode !== 'none') problems.push('there is no mx line');
  for (const host of mx) {
    if ('problem' in parseDomain(host.replace(/^\*\./, ''))) {
      problems.push(`mx: ${host.slice(0, 80)} is no host name, nor *. and a domain`);
    }
  }
  if (problems.length > 0 || (mode !== 'enforce' && mode !== 'testing' && mode !== 'none'))
    return { problems };
  return { policy: { mode, maxAge, mx }, problems };
}

/** Whether a host may be delivered to: its name is among the policy's, a `*.` standing for one label (section 4.1). */
export function matchesPolicy(host: string, { mx }: Pick<MtaStsPolicy, 'mx'>): boolean {
  return mx.some((pattern) =>
    pattern.startsWith('*.')
      ? host.includes('.') && host.slice(host.indexOf('.')) === pattern.slice(1)
      : host === pattern,
  );
}
