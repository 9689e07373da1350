import type { Finding } from '@postern/plan';
import { complaint } from './complaint.ts';
import type { Suppression } from './suppression.ts';

/** What a file of suppressions says, and what is wrong with it. */
export interface ParsedSuppressions {
  readonly suppressions: readonly Suppression[];
  readonly findings: readonly Finding[];
}

const fields = ['rule', 'until', 'because', 'file', 'name'] as const;

/**
 * Reads a file of suppressions: a JSON array.
 *
 *     [{ "rule": "vrfy-enabled", "until": "2027-01-31", "because": "the old scanner asks until it is replaced" }]
 *
 * @param name  what findings call the file
 */
export function parseSuppressions(text: string, name = 'postern.suppressions.json'): ParsedSuppressions {
  const at = { file: name, line: 1, column: 1 };
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { suppressions: [], findings: [complaint(`${name} is no JSON: ${reason}`, at)] };
  }
  if (!Array.isArray(read))
    return { suppressions: [], findings: [complaint(`${name} does not hold an array of suppressions`, at)] };
  const suppressions: Suppression[] = [];
  const findings: Finding[] = [];
  const places = placesOf(text, name);
  for (const [index, item] of (read as unknown[]).entries()) {
    const place = places[index] ?? at;
    if (isSuppression(item)) suppressions.push({ ...item, at: place });
    else
      findings.push(
        complaint(`item ${index + 1} is no suppression: it takes ${fields.join(', ')}, each a text`, place),
      );
  }
  return { suppressions, findings };
}

function isSuppression(item: unknown): item is Suppression {
  if (typeof item !== 'object' || item === null || !('rule' in item)) return false;
  return Object.entries(item).every(
    ([key, value]) => (fields as readonly string[]).includes(key) && typeof value === 'string',
  );
}

/** Where the items begin: at the braces of the outermost array, outside of texts. */
function placesOf(text: string, file: string): { file: string; line: number; column: number }[] {
  const places: { file: string; line: number; column: number }[] = [];
  let depth = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (match[0] === '{' && depth === 1) {
      const before = text.slice(0, match.index);
      places.push({ file, line: before.split('\n').length, column: match.index - before.lastIndexOf('\n') });
    }
    if (/^[{[]$/.test(match[0])) depth++;
    else if (/^[}\]]$/.test(match[0])) depth--;
  }
  return places;
}
