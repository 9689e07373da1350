// What moves a cursor or colours a screen; line ends of either kind stay.
// oxlint-disable-next-line no-control-regex -- they are what it is about
const controls = /[\0-\b\v\f\x0e-\x1f\x7f-\x9f]|\r(?!\n)/g;

/** Text from a file as it may go to a terminal: control characters as `\x1b`, so that a file cannot steer the screen. */
export function visible(text: string): string {
  return text.replaceAll(controls, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
