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

/**
 * What a receiver's reply means and what to do: `550 5.7.515 …`, as it stands in a bounce or after `said:` in the log.
 * Whatever is given is read, up to a sane length.
 */
export function explainReply(reply: string): ReplyExplanation {
  const said = /\bsaid: (.*)$/s.exec(reply.slice(0, 20_000))?.[1] ?? reply.slice(0, 20_000);
  const text = quoteEvidence(said.replaceAll(/(\r?\n)[245]\d\d-/g, '$1'));
  const match = /(?:^|\s)([245]\d\d)(?:[ -]+#?([245]\.\d{1,3}\.\d{1,3}))?\b/.exec(text);
  const code = match ? Number(match[1]) : null;
  const enhanced = match?.[2] ?? /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1] ?? null;
  const found = replyRules.find((rule) => rule.matches.test(text));
  return {
    code,
    enhanced,
    kind: kindOf(enhanced?.[0] ?? String(code ?? '')[0]),
    explanation: found
      ? { who: found.who, meaning: found.meaning, todo: found.todo, source: found.source }
      : null,
    text,
  };
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
