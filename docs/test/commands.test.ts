import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describeWith } from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandsIn, examplesIn } from '../../packages/cli/test/examples.ts';
import { leaves, treeOf } from '../../packages/cli/test/tree.ts';
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
const given = [/\b\d{8}-\d{6}-\d{9}\b/g, /\b\d{8}T\d{6,9}Z-[\da-f]{6}\b/g];

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
        if (block.type === 'program' && page.startsWith('docs/')) await runProgram(stage, page, block);
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

  it('the examples of the help', async () => {
    await stage.reset();
    await stage.fillQueue();
    for (const [path, text] of Object.entries(ofTheExamples)) stage.put(path, text);
    const lines = leaves(treeOf()).flatMap(({ help }) =>
      examplesIn(help).flatMap((example) =>
        commandsIn(example).map((words) => ({ words, input: / < (\S+)/.exec(example)?.[1] })),
      ),
    );
    expect(lines.length).toBeGreaterThan(80);
    const wrong = (await stage.runExamples(lines)).flatMap(({ code, said }, index) => {
      const words = lines[index]!.words.join(' ');
      const expected = unknownHere[words];
      const isRight = expected === undefined ? code < 2 : code === 3 && said.includes(expected);
      return isRight ? [] : [{ words, code, said }];
    });
    expect(wrong).toEqual([]);
  }, 180_000);
});

/** @throws Error with what a program printed when it fails, or prints something else than its comments say */
async function runProgram(
  stage: Stage,
  page: string,
  { line, text, prints }: Extract<Block, { type: 'program' }>,
): Promise<void> {
  stage.put('program.ts', text);
  const { status, output } = await stage.type('node program.ts');
  const printed = output.split('\n').filter((each) => each !== '');
  const isRight = status === 0 && (prints.length === 0 || isDeepStrictEqual(printed, prints));
  if (!isRight)
    throw new Error(
      `${page}:${line}: exited with ${status}, printed\n${output}instead of\n${prints.join('\n')}`,
    );
}

/** Files that the examples take for granted beside those of the pages. */
const ofTheExamples: Readonly<Record<string, string>> = {
  'policy.yaml': 'handlers:\n  - { type: spf, receiver: mail.example.no }\n',
  'mail.json': '{ "inbound": { "connectionsPerSecond": 20, "sessionSeconds": 1.5 } }\n',
  '/etc/postfix-policyd-spf-python/policyd-spf.conf': 'HELO_reject = Fail\n',
};

/** Examples that tell something only of what a reader has done before, or of the real world: what they say here. */
const unknownHere: Readonly<Record<string, string>> = {
  'rollback /etc/postfix': 'no apply stands that could be rolled back',
  'queue delete local --held 20261123T101112Z-1a2b3c': 'there is no queue action 20261123T101112Z-1a2b3c',
  'fleet resume hosts.ini --failed-too': 'has taken every host already',
  'fleet pause hosts.ini': 'is finished; there is nothing to pause',
  'host check 192.0.2.1 --helo mx.example.com --lists zen.spamhaus.org': '192.0.2.1 is for documentation',
};

it('leaves no code of the guides and ways over but what other programs read', () => {
  const left = blocks.flatMap(([page, found]) =>
    page.startsWith('docs/')
      ? found.flatMap((block) =>
          block.type === 'code' && block.language !== '' && block.language !== 'text'
            ? [`${page}: ${block.language}`]
            : [],
        )
      : [],
  );
  expect(left).toMatchInlineSnapshot(`
    [
      "docs/guide/fleet.md: yaml",
      "docs/migrate/from-ansible.md: yaml",
      "docs/migrate/from-ansible.md: yaml",
    ]
  `);
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
      "docs/guide/fleet.md: postern fleet pause hosts.ini: a rollout has to be under way",
      "docs/guide/fleet.md: postern fleet worker --redis redis://10.0.0.5 --concurrency 50        # on each machine: it takes a Redis and several machines",
      "docs/guide/fleet.md: postern fleet apply hosts.ini --redis redis://10.0.0.5 --no-work --limit mx  # on one: it takes a Redis and several machines",
      "docs/guide/fleet.md: postern fleet status hosts.ini --redis redis://10.0.0.5: it takes a Redis and several machines",
      "docs/guide/policy-server.md: cp node_modules/@postern/policy/systemd/postern-policy.* /etc/systemd/system/: it needs systemd as the first process",
      "docs/guide/policy-server.md: systemctl daemon-reload: it needs systemd as the first process",
      "docs/guide/policy-server.md: systemctl enable --now postern-policy.socket: it needs systemd as the first process",
    ]
  `);
});
