/** One reply of an SMTP server. */
export interface Reply {
  readonly code: number;
  /** The enhanced status code, `5.7.1`, where the last line has one. */
  readonly enhanced?: string;
  /** The text of each line, without reply code, enhanced status code and line ending. */
  readonly lines: readonly string[];
}

/** Takes one whole reply off the front of what a server has sent, if it is there. */
export function takeReply(received: string): { reply: Reply; rest: string } | undefined {
  const match = /^(?:\d{3}-[^\n]*\n)*(\d{3})(?: [^\n]*|\r)?\n/.exec(received);
  if (!match) return undefined;
  const texts = match[0]
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((line) => line.slice(4));
  const enhanced = /^[245]\.\d{1,3}\.\d{1,3}(?= |$)/.exec(texts.at(-1)!)?.[0];
  const lines = texts.map((text) =>
    enhanced && text.startsWith(enhanced) ? text.slice(enhanced.length + 1) : text,
  );
  return {
    reply: { code: Number(match[1]), ...(enhanced ? { enhanced } : {}), lines },
    rest: received.slice(match[0].length),
  };
}

/** A reply on one line, as a log or a table shows it. */
export function printReply({ code, enhanced, lines }: Reply): string {
  return [code, enhanced, lines.join(' / ')].filter((part) => part !== undefined && part !== '').join(' ');
}
