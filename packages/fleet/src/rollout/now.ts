/** The time as events have it. */
export function now(): string {
  return new Date().toISOString();
}
