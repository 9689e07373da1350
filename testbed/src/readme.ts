import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Runs the first TypeScript block of a README as a program of its own and holds what it prints against
 * the `// → text` comments in it, in order.
 *
 * @returns what was printed and what was promised, line by line
 * @throws Error with the program's output when it fails or when the README has no such block
 */
export function runReadmeExample(readme: string): { printed: string[]; promised: string[] } {
  const code = /^```ts\n([^]*?)^```$/m.exec(readFileSync(readme, 'utf8'))?.[1];
  if (code === undefined) throw new Error(`${readme} has no block that begins with \`\`\`ts`);
  // Beside the README, so that the package finds itself and its dependencies by name.
  const folder = mkdtempSync(join(dirname(readme), '.example-'));
  try {
    const file = join(folder, 'example.ts');
    writeFileSync(file, code);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning', file],
      { encoding: 'utf8', timeout: 30_000 },
    );
    if (status !== 0) throw new Error(`the example of ${readme} exited with ${status}\n${stdout}${stderr}`);
    const printed = stdout.split('\n').filter((line) => line !== '');
    const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]!.trimEnd());
    return { printed, promised };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
