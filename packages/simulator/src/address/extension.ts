/** What decides how an address is split at its extension. */
export interface ExtensionRules {
  /** recipient_delimiter: a set of characters. */
  readonly delimiters: string;
  readonly ownerRequestSpecial: boolean;
  readonly doubleBounceSender: string;
}

/**
 * The local part without its extension: `user+folder` is `user`. Some names are never split.
 *
 * @returns undefined when there is no extension
 * @see split_addr(3)
 */
function withoutExtension(localPart: string, rules: ExtensionRules): string | undefined {
  if (rules.delimiters === '') return undefined;
  const lower = localPart.toLowerCase();
  if (lower === 'postmaster' || lower === 'mailer-daemon' || lower === rules.doubleBounceSender.toLowerCase())
    return undefined;
  if (rules.delimiters.includes('-') && rules.ownerRequestSpecial) {
    if (lower.startsWith('owner-') || (lower.length > 8 && lower.endsWith('-request'))) return undefined;
  }
  for (let at = 0; at < localPart.length; at++) {
    if (rules.delimiters.includes(localPart[at]!)) return at === 0 ? undefined : localPart.slice(0, at);
  }
  return undefined;
}

/** An address without the extension of its local part; undefined when it has none. @see strip_addr(3) */
export function bareAddress(address: string, rules: ExtensionRules): string | undefined {
  const at = address.lastIndexOf('@');
  const local = at < 0 ? address : address.slice(0, at);
  const bare = withoutExtension(local, rules);
  return bare === undefined ? undefined : bare + (at < 0 ? '' : address.slice(at));
}
