/**
 * Holds the imports of every package against the table in ARCHITECTURE.md, which is the one place
 * where the rooms and the arrows between them are written down.
 *
 *     node scripts/rooms.ts
 */
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';

interface Room {
  readonly name: string;
  readonly imports: ReadonlySet<string>;
  /** Whether it must also run in a browser: nothing from node: in src. */
  readonly portable: boolean;
}

/** Reads rows of the form `| name | in one line | imports | portable | … |`. */
export function readRooms(architecture: string): Map<string, Room> {
  const rooms = new Map<string, Room>();
  for (const line of architecture.split('\n')) {
    const [, name, , imports, runs] = line.split('|').map((cell) => cell.trim());
    if (!name || !imports || !runs || !/^[a-z]+$/.test(name) || name === 'package') continue;
    const list = imports === '–' ? [] : imports.split(',').map((entry) => entry.trim());
    rooms.set(name, { name, imports: new Set(list), portable: runs.includes('browser') });
  }
  for (const room of rooms.values()) {
    if (!room.imports.has('all')) continue;
    const all = [...rooms.keys()].filter((name) => name !== room.name);
    rooms.set(room.name, { ...room, imports: new Set([...room.imports, ...all]) });
  }
  return rooms;
}

/** Every way in which the sources break the table, one sentence each. */
export function brokenArrows(root: string): string[] {
  const rooms = readRooms(readFileSync(`${root}/ARCHITECTURE.md`, 'utf8'));
  const problems: string[] = [];
  const folders = globSync('packages/*', { cwd: root }).map((path) => path.slice('packages/'.length));
  for (const folder of folders) {
    const room = rooms.get(folder);
    if (!room) {
      problems.push(`packages/${folder} has no row in ARCHITECTURE.md`);
      continue;
    }
    const manifest = JSON.parse(readFileSync(`${root}/packages/${folder}/package.json`, 'utf8')) as {
      dependencies?: Record<string, string>;
      peerDependencies?: Record<string, string>;
    };
    const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
    for (const file of globSync(`packages/${folder}/src/**/*.ts`, { cwd: root })) {
      for (const target of importsOf(readFileSync(`${root}/${file}`, 'utf8'))) {
        const problem = broken(target, room, declared);
        if (problem) problems.push(`${file}: ${problem}`);
      }
    }
  }
  return [...problems, ...circles(rooms)];
}

function broken(target: string, room: Room, declared: ReadonlySet<string>): string | undefined {
  if (target.startsWith('.')) return undefined;
  if (target.startsWith('node:') || builtinModules.includes(target))
    return room.portable ? `imports ${target}, but ${room.name} also runs in a browser` : undefined;
  const library = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0]!;
  const name = library.startsWith('@postern/') ? library.slice('@postern/'.length) : undefined;
  if (name !== undefined && !room.imports.has(name))
    return `imports ${library}, and ARCHITECTURE.md has no such arrow`;
  if (!declared.has(library)) return `imports ${library}, which its package.json does not name`;
  return undefined;
}

function importsOf(source: string): string[] {
  const pattern =
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  const code = source.replaceAll(/\/\*[^]*?\*\//g, '');
  return [...code.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

function circles(rooms: ReadonlyMap<string, Room>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (name: string, path: readonly string[]): void => {
    if (path.includes(name))
      found.push(`circle in ARCHITECTURE.md: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`);
    if (done.has(name) || path.includes(name)) return;
    for (const next of rooms.get(name)?.imports ?? []) if (rooms.has(next)) walk(next, [...path, name]);
    done.add(name);
  };
  for (const name of rooms.keys()) walk(name, []);
  return found;
}

if (import.meta.main) {
  const problems = brokenArrows('.');
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
