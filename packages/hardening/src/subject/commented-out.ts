/** The lines of an entry as comments. */
export function commentedOut(text: string): string {
  return text.replaceAll(/^(?=[^\r\n])(?!\s*#)/gm, '# ');
}
