/**
 * Everything that must hold before a change lands, except the tests: each step by name with its time,
 * all of them run even when one fails.
 *
 *     npm run check [-- STEP…]
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';

const packages = globSync('packages/*').toSorted();

const steps: Record<string, readonly (readonly string[])[]> = {
  build: [['turbo', 'run', 'build']],
  types: [
    ['turbo', 'run', 'typecheck'],
    ['tsc', '-p', 'scripts'],
    ['tsc', '-p', 'docs'],
  ],
  lint: [['oxlint', '--type-aware', '--deny-warnings']],
  format: [['prettier', '--check', '--log-level=warn', '.']],
  arrows: [['node', 'scripts/rooms.ts']],
  unused: [['knip', '--no-config-hints']],
  publint: packages.map((folder) => ['publint', '--strict', folder]),
  attw: packages
    .filter((folder) => 'exports' in JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')))
    .map((folder) => ['attw', '--pack', folder, '--profile', 'node16', '--quiet']),
  size: packages
    .filter((folder) => globSync(`${folder}/.size-limit.json`).length > 0)
    .map((folder) => ['sh', '-c', 'cd "$1" && size-limit --silent', 'sh', folder]),
  packages: [['node', 'scripts/try-packages.ts']],
  sbom: [['npm', 'run', 'sbom', '--silent']],
  docs: [['npm', 'run', 'docs', '--silent']],
};

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

function run([command, ...args]: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const output: string[] = [];
    const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    child.stdout.on('data', (data) => output.push(String(data)));
    child.stderr.on('data', (data) => output.push(String(data)));
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.join('') }));
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
const red: string[] = [];
for (const [name, commands] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const start = performance.now();
  const outcomes: Outcome[] = [];
  for (const command of commands) outcomes.push(await run(command));
  const failures = outcomes.filter((outcome) => !outcome.ok);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${failures.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  for (const failure of failures) console.log(failure.output.trimEnd());
  if (failures.length > 0) red.push(name);
}
console.log(red.length === 0 ? 'check: all green' : `check: red: ${red.join(', ')}`);
process.exitCode = red.length === 0 ? 0 : 1;
