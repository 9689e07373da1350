import type { Table } from '../tables/table.ts';
import type { Settings } from './settings.ts';

/** Files of tables that are not there, each told where the files of the configuration first name it. */
export function missingFiles(
  settings: Settings,
  tables: readonly Table[],
): { file: string; line: number; message: string }[] {
  const missing = tables.flatMap(({ name, missing: path }) => (path === undefined ? [] : [{ name, path }]));
  if (missing.length === 0) return [];
  return missing.map(({ name, path }) => {
    const parameter = settings.effective.names.find((each) =>
      settings.effective.get(each)?.raw.includes(path),
    );
    const at = parameter === undefined ? -1 : settings.effective.get(parameter)!.raw.indexOf(path);
    const { file, line } =
      parameter === undefined ? { file: null, line: null } : settings.placeWithin(parameter, at);
    return {
      file: file ?? 'main.cf',
      line: line ?? 0,
      message: `${name}: ${path} is not there or cannot be read: what asks it is deferred`,
    };
  });
}
