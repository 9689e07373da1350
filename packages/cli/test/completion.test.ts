import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '@postern/testbed';
import { scripts } from '../src/completion/scripts.ts';
import { splitLine } from '../src/completion/words.ts';
import { run } from './run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-completion-'));
  await mkdir(join(folder, '.git'));
  await mkdir(join(folder, 'etc'));
  await writeFile(join(folder, 'mail.log'), '');
  const config = { targets: { mail: 'etc', 'mx-2': 'local' }, profiles: { ours: 'ours.mjs' } };
  await writeFile(join(folder, 'postern.config.json'), JSON.stringify(config));
  // The command as a shell finds it, from source.
  const program = join(import.meta.dirname, '../src/main.ts');
  const command = `#!/bin/sh\nexec '${process.execPath}' --conditions=@postern/source '${program}' "$@"\n`;
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/postern'), command);
  await chmod(join(folder, 'bin/postern'), 0o755);
  for (const [shell, script] of Object.entries(scripts))
    await writeFile(join(folder, `complete.${shell}`), script);
});
afterAll(() => rm(folder, { recursive: true }));

const answer = async (line: string): Promise<string[]> => {
  const { code, out, err } = await run(['__complete', line], { cwd: folder });
  expect([code, err]).toEqual([0, '']);
  return out
    .trimEnd()
    .split('\n')
    .map((each) => each.split('\t')[0]!);
};

describe('what can stand where the cursor is', () => {
  it.each([
    ['postern au', ['none', 'audit']],
    ['postern queue re', ['none', 'release', 'requeue', 'resume']],
    ['postern audit ', ['folders', 'mail', 'mx-2', 'local', 'ssh://']],
    ['postern audit m', ['folders', 'mail', 'mx-2']],
    ['postern audit mail --sar', ['none', '--sarif']],
    ['postern audit --postfix 3.7.11 mx', ['folders', 'mx-2']],
    [
      'postern plan mail --profile ',
      ['files', 'internet-mx', 'submission', 'relay-only', 'null-client', 'backup-mx', 'ours'],
    ],
    ['postern plan mail --profile=rel', ['files', 'relay-only']],
    ['postern plan mail --sasl ', ['none', 'dovecot', 'cyrus']],
    ['postern completion ', ['none', 'bash', 'zsh', 'fish']],
    ['postern audit mail --html ', ['files']],
    ['postern audit mail extra ', ['none']],
    ['postern nonsense ', ['none']],
    ['postern "aud', ['none', 'audit']],
    ['postern spf check --ip ', ['none']],
  ])('%s', async (line, expected) => {
    expect(await answer(line)).toEqual(expected);
  });

  it('never shows the command that shells ask', async () => {
    expect(await answer('postern __')).toEqual(['none']);
    expect((await run(['--help'])).out).not.toContain('__complete');
  });

  it('takes a line apart as a shell does', () => {
    expect(splitLine('postern a "b c" d\\ e \'f\'g ')).toEqual(['postern', 'a', 'b c', 'd e', 'fg', '']);
    expect(splitLine('postern "open quo')).toEqual(['postern', 'open quo']);
    expect(splitLine('postern --from ""')).toEqual(['postern', '--from', '']);
  });
});

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
});

/** Runs a script in a shell and gives what it printed, line by line. */
function inShell(shell: string, args: readonly string[]): string[] {
  const out = execFileSync(shell, args, { cwd: folder, env: environment(), encoding: 'utf8' });
  return out
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

describe('bash', () => {
  const complete = (line: string): string[] =>
    inShell('bash', [
      '--norc',
      '-c',
      // What bash sets before it calls the function: words split at blanks, colons and equal signs.
      `compopt() { :; }
       source ./complete.bash
       COMP_LINE=$1 COMP_POINT=\${#1}
       read -ra COMP_WORDS <<< "$(sed 's/[:=]/ & /g' <<< "$1")"
       [[ $1 == *' ' ]] && COMP_WORDS+=('')
       COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
       $(complete -p postern | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
       printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      line,
    ]);

  it('completes commands, options, choices, targets, folders and files', () => {
    expect(complete('postern queue re')).toEqual(['release', 'requeue', 'resume']);
    expect(complete('postern audit m')).toEqual(['mail', 'mx-2']);
    expect(complete('postern audit e')).toEqual(['etc']);
    expect(complete('postern plan mail --sasl=d')).toEqual(['dovecot']);
    expect(complete('postern replay mail etc --log m')).toEqual(['mail.log']);
    expect(complete('postern audit ssh:')).toEqual(['//']);
  });

  it('is a script without a mistake', () => {
    expect(inShell('bash', ['-n', './complete.bash'])).toEqual([]);
  });
});

describe.skipIf(findProgram('fish') === undefined)('fish', () => {
  const complete = (line: string): string[] =>
    inShell('fish', ['--no-config', '-c', 'source ./complete.fish; complete -C $argv[1]', line]).map(
      (each) => each.split('\t')[0]!,
    );

  it('completes commands, options, choices, targets and files', () => {
    expect(complete('postern queue re').toSorted()).toEqual(['release', 'requeue', 'resume']);
    expect(complete('postern audit m').toSorted()).toEqual(['mail', 'mx-2']);
    expect(complete('postern plan mail --sasl=d')).toEqual(['--sasl=dovecot']);
    expect(complete('postern replay mail etc --log mail')).toEqual(['mail.log']);
  });
});

describe.skipIf(findProgram('zsh') === undefined)('zsh', () => {
  // The widget of zsh wants a terminal: zpty is one of its own.
  const complete = (line: string): string[] =>
    inShell('zsh', [
      '-f',
      '-c',
      `zmodload zsh/zpty
       zpty shell zsh -f -i
       zpty -w shell 'PS1= RPS1= ; autoload -Uz compinit; compinit -D -u; source ./complete.zsh'
       zpty -w shell "zstyle ':completion:*' list-prompt ''; LISTMAX=10000; bindkey '^I' expand-or-complete; show() { print -r -- \\"<<\\$BUFFER>>\\" }; zle -N show; bindkey '^X' show"
       zpty -w shell 'print ready'
       zpty -r -m shell seen '*ready*ready*'
       zpty -w -n shell "$1"$'\\t'
       sleep 2
       zpty -w -n shell $'\\x18'
       zpty -r -m shell seen '*<<*>>*'
       print -r -- "$seen"`,
      'zsh',
      line,
    ]);

  it('completes to the one word that can stand there', () => {
    expect(complete('postern aud').join('\n')).toContain('<<postern audit >>');
    expect(complete('postern plan mail --sasl=d').join('\n')).toContain(
      '<<postern plan mail --sasl=dovecot >>',
    );
  });

  it('is a script without a mistake', () => {
    expect(inShell('zsh', ['-f', '-n', './complete.zsh'])).toEqual([]);
  });
});
