/** How the parts of a diff are painted; each gets a whole line without its newline. */
export interface Palette {
  readonly file: (line: string) => string;
  readonly hunk: (line: string) => string;
  readonly reason: (line: string) => string;
  readonly added: (line: string) => string;
  readonly removed: (line: string) => string;
}

/** The colours that diffs have on terminals. */
export const ansiPalette: Palette = {
  file: paint(1),
  hunk: paint(36),
  reason: paint(2),
  added: paint(32),
  removed: paint(31),
};

function paint(code: number): (line: string) => string {
  return (line) => `\x1b[${code}m${line}\x1b[0m`;
}
