/**
 * Whether colour may be used. FORCE_COLOR is stronger than NO_COLOR, as in Node itself; a variable that is set and
 * empty says nothing.
 */
export function mayColour(terminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR = '', NO_COLOR = '', TERM } = environment;
  if (FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return terminal && NO_COLOR === '' && TERM !== 'dumb';
}
