const separators = ', \t\r\n\v\f';

/**
 * The words of a restriction list as Postfix takes it apart; what stands in braces is one word.
 *
 *     permit_mynetworks, check_policy_service { unix:private/spf, timeout=10s }
 *     ^                  ^                    ^
 */
export function splitList(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth++;
    else if (character === '}') depth--;
    if (depth > 0 || !separators.includes(character)) {
      word += character;
    } else if (word !== '') {
      words.push(word);
      word = '';
    }
  }
  return word === '' ? words : [...words, word];
}

/** The words as a list with commas, each restriction's argument beside it. */
export function joinList(words: readonly string[]): string {
  const entries: string[] = [];
  for (const word of words) {
    const last = entries.at(-1);
    if (last !== undefined && takesArgument.test(last)) entries[entries.length - 1] = `${last} ${word}`;
    else entries.push(word);
  }
  return entries.join(', ');
}

/** A restriction that stands alone so far and needs a word beside it. */
const takesArgument =
  /^(check_\w+_access|check_policy_service|reject_rbl_client|reject_rhsbl_\w+|permit_dnswl_client|permit_rhswl_client|sleep)$/;
