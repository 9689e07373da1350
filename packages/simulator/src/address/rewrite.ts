/** The parameters that complete and canonicalise addresses. */
export interface RewriteRules {
  readonly myorigin: string;
  readonly mydomain: string;
  readonly appendAtMyorigin: boolean;
  readonly appendDotMydomain: boolean;
  readonly swapBangpath: boolean;
  readonly percentHack: boolean;
}

/**
 * An address as trivial-rewrite(8) completes it in the local context.
 *
 *     @relay:user@host.   →   user@host
 *     host!user           →   user@host
 *     user%host           →   user@host
 *     user                →   user@$myorigin
 *     user@host           →   user@host.$mydomain     where append_dot_mydomain says so
 *
 * @see rewrite.c
 */
export function rewriteAddress(address: string, rules: RewriteRules): string {
  if (address === '' || address === '@') return '';
  let text = address;
  const route = text.startsWith('@') ? /^@[^:]*:(.+)$/.exec(text) : undefined;
  if (route) text = route[1]!;
  if (!text.includes('@')) {
    const bang = text.indexOf('!');
    const percent = text.lastIndexOf('%');
    if (rules.swapBangpath && bang >= 0) text = `${text.slice(bang + 1)}@${text.slice(0, bang)}`;
    else if (rules.percentHack && percent >= 0) text = `${text.slice(0, percent)}@${text.slice(percent + 1)}`;
    else if (rules.appendAtMyorigin && rules.myorigin !== '') text = `${text}@${rules.myorigin}`;
  }
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  if (
    rules.appendDotMydomain &&
    at >= 0 &&
    domain !== '' &&
    !domain.startsWith('[') &&
    !domain.includes('.') &&
    rules.mydomain !== ''
  ) {
    text = `${text}.${rules.mydomain}`;
  }
  if (text.length > 1 && text.endsWith('.') && text.at(-2) !== '.' && text.at(-2) !== '@')
    text = text.slice(0, -1);
  return text;
}
