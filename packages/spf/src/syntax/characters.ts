export function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

/** Control characters become question marks: records and senders are strangers' texts, and go into headers and onto terminals. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
