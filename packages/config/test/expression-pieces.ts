/** What `$` expressions are made of, whole and broken. */
export const expressionPieces: readonly string[] = [
  '$',
  '${',
  '$(',
  '}',
  ')',
  '{',
  '?',
  ':',
  '==',
  ' ',
  '1',
  '$$',
];
