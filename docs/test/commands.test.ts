import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeWith } from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { missingLine, readBlocks, type Block } from './blocks.ts';
import { startStage, type Stage } from './stage.ts';

const root = join(import.meta.dirname, '../..');
const pages = globSync(['README.md', 'packages/*/README.md', 'examples/*/README.md', 'docs/**/*.md'], {
  cwd: root,
  exclude: ['docs/api/**', 'docs/rules/**', '**/node_modules/**'],
}).toSorted();
const blocks: readonly (readonly [page: string, blocks: readonly Block[]])[] = pages.map((page) => [
  page,
  readBlocks(join(root, page)),
]);
/** The programs of the READMEs run in their packages' own tests. */
const toRun = blocks.filter(([page, found]) =>
  found.some(({ type }) => type === 'commands' || (type === 'program' && page.startsWith('docs/'))),
);

/** A name that only the reader's own host can have given. In its place stands the one that was printed last. */
const given = [/\b\d{8}-\d{6}-\d{9}\b/g, /\b\d{8}T\d{6}Z-[\da-f]{6}\b/g];

const requirements = [
  'root',
  'namespaces',
  'sshd',
  'sudo',
  'postfix',
  'script',
  'curl',
  'dig',
  'redis-server',
];
describeWith(requirements, 'the commands and programs of the pages', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  it.each(toRun)(
    '%s',
    async (page, found) => {
      const meetHost = async (): Promise<void> => {
        await stage.reset();
        for (const block of found) if (block.type === 'file') stage.put(block.path, block.text);
        if (page.includes('queue')) await stage.fillQueue();
      };
      await meetHost();
      // The README of an example speaks to somebody in its folder.
      const place = page.startsWith('examples/') ? { folder: join(root, dirname(page)) } : {};
      let said = '';
      for (const block of found) {
        if (block.type === 'program' && page.startsWith('docs/')) {
          stage.put('program.ts', block.text);
          const { status, output } = await stage.type('node program.ts');
          expect(status, `${page}:${block.line}\n${output}`).toBe(0);
          const lines = output.split('\n').filter((line) => line !== '');
          if (block.prints.length > 0)
            expect({ line: block.line, lines }).toEqual({ line: block.line, lines: block.prints });
        }
        if (block.type !== 'commands') continue;
        if (block.fresh) await meetHost();
        for (const { line, text, prints = [], exits } of block.commands) {
          const command = given.reduce(
            (now, shape) => now.replace(shape, (name) => said.match(shape)?.at(-1) ?? name),
            text,
          );
          const { status, output } = await stage.type(command, place);
          said += output;
          // 0 and 1 are answers; 2 says that the line on the page is wrong, 3 that nothing could be told.
          expect([0, 1, undefined, exits], `${page}:${line}: ${command}\n${output}`).toContain(status);
          expect(missingLine(output, prints), `${page}:${line}: ${command}\n${output}`).toBe(undefined);
        }
      }
    },
    180_000,
  );
});

it('leaves few commands out, each with its reason', () => {
  const left = blocks.flatMap(([page, found]) =>
    found
      .filter((block) => block.type === 'not-run')
      .flatMap(({ commands, why }) => commands.map(({ text }) => `${page}: ${text}: ${why}`)),
  );
  expect(left).toMatchInlineSnapshot(`
    [
      "README.md: npm test: it is what runs these commands",
      "docs/before-and-after.md: node --conditions=@postern/source packages/hardening/test/transcript/table.ts --write: it writes this page anew; the test of the page runs it without writing",
      "docs/comparison.md: node --conditions=@postern/source packages/hardening/test/proof/comparison.ts --write: it writes this page anew; the test of the page runs it without writing",
      "docs/guide/fleet.md: postern fleet worker --redis redis://10.0.0.5 --concurrency 50        # on each machine: it takes a Redis and several machines",
      "docs/guide/fleet.md: postern fleet apply hosts.ini --redis redis://10.0.0.5 --no-work --limit mx  # on one: it takes a Redis and several machines",
      "docs/guide/fleet.md: postern fleet status hosts.ini --redis redis://10.0.0.5: it takes a Redis and several machines",
      "docs/guide/policy-server.md: cp node_modules/@postern/policy/systemd/postern-policy.* /etc/systemd/system/: it needs systemd as the first process",
      "docs/guide/policy-server.md: systemctl daemon-reload: it needs systemd as the first process",
      "docs/guide/policy-server.md: systemctl enable --now postern-policy.socket: it needs systemd as the first process",
    ]
  `);
});
