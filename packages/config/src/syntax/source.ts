/** A half-open stretch of the text, in UTF-16 code units from its start. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A place as an editor shows it: both count from 1; a column counts UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * One physical line as it stands, its terminator included (the last line may have none).
 * Concatenating the `text` of all lines of a file gives the file.
 */
export interface PhysicalLine {
  readonly text: string;
  readonly range: Range;
}
