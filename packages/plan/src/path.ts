/**
 * Why a path of a plan may not be written to, or undefined when it may: it is absolute or relative to the
 * configuration folder, names a file, and does not climb with `..`.
 */
export function refusePath(path: string): string | undefined {
  if (path === '' || path.endsWith('/')) return 'names no file';
  if (path.includes('\0')) return 'has a NUL byte in it';
  const parts = path.split('/');
  if (parts.includes('..')) return 'climbs with `..`';
  if (parts.at(-1) === '.') return 'names no file';
  return undefined;
}

/** One spelling for a path: no `./`, no doubled or trailing slash. */
export function normalPath(path: string): string {
  const parts = path.split('/').filter((part, index) => part !== '.' && (part !== '' || index === 0));
  return parts.join('/') || '/';
}
