import { parameter, type ParameterInfo } from '../catalogue/parameter.ts';

const listKinds: ReadonlySet<ParameterInfo['kind']> = new Set([
  'restrictions',
  'networks',
  'domains',
  'tables',
  'databases',
  'protocols',
  'list',
  'enum-list',
]);

/** Whether the parameter's value is a list, where white space and commas part; undefined for a name of the user's own. */
export function isList(name: string): boolean | undefined {
  const kind = parameter(name)?.kind;
  return kind && listKinds.has(kind);
}
