import { quoteEvidence } from '../check.ts';
import { replyRules, type ReplyMeaning } from './replies.ts';

/** A receiver's reply, explained. */
export interface ReplyExplanation {
  readonly code: number | null;
  readonly enhanced: string | null;
  /** `permanent`: the mail has bounced. `temporary`: Postfix tries again by itself. */
  readonly kind: 'permanent' | 'temporary' | 'success' | 'unknown';
  /** Null where nothing more is known than the kind. */
  readonly explanation: ReplyMeaning | null;
  readonly text: string;
}

/** Longer replies are cut: the longest of the large receivers have some 1 500 characters. */
const longestReply = 4_000;

/**
 * What a receiver's reply means and what to do: `550 5.7.515 …`, as it stands in a bounce or after `said:` in the log.
 * Whatever is given is read, up to a sane length.
 */
export function explainReply(reply: string): ReplyExplanation {
  const start = reply.slice(0, 4 * longestReply);
  const said = /\bsaid: (.*)$/s.exec(start)?.[1] ?? start;
  const whole = quoteEvidence(said, longestReply);
  const match =
    /^\W*([245]\d\d)(?:[ -]+#?([245]\.\d{1,3}\.\d{1,3}))?\b/.exec(whole) ??
    /\s([245]\d\d)[ -]+#?([245]\.\d{1,3}\.\d{1,3})\b/.exec(whole);
  const code = match ? Number(match[1]) : null;
  const enhanced = match?.[2] ?? /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/.exec(whole)?.[1] ?? null;
  const text = joinLines(whole, code, enhanced);
  const kind = kindOf(String(code ?? enhanced ?? '')[0]);
  // What was taken, or is no reply at all, needs no remedy, whatever words stand in it.
  const failed = kind === 'permanent' || kind === 'temporary';
  const found = failed
    ? replyRules.find(({ matches, mark }) => matches.test(text) && (mark?.test(text) ?? true))
    : undefined;
  return {
    code,
    enhanced,
    kind,
    explanation: found
      ? { who: found.who, meaning: found.meaning, todo: found.todo, source: found.source }
      : null,
    text,
  };
}

/** A reply of many lines begins each with its codes, in the midst of sentences: only the first are left. */
function joinLines(text: string, code: number | null, enhanced: string | null): string {
  if (code === null) return text;
  const again = enhanced === null ? '' : `(?:${enhanced.replaceAll('.', '[.]')} )?`;
  return text.replaceAll(new RegExp(` +${code}[ -]${again}`, 'g'), ' ');
}

function kindOf(digit: string | undefined): ReplyExplanation['kind'] {
  switch (digit) {
    case '2':
      return 'success';
    case '4':
      return 'temporary';
    case '5':
      return 'permanent';
    default:
      return 'unknown';
  }
}
