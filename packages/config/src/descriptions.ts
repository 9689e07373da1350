import { descriptions } from './catalogue/generated/descriptions.ts';

/**
 * What a parameter does, in one sentence; undefined where nobody has written one.
 *
 * An entry point of its own (`@postern/config/descriptions`), so that who does not show them does not carry them.
 */
export function describeParameter(name: string): string | undefined {
  return Object.hasOwn(descriptions, name) ? descriptions[name] : undefined;
}
