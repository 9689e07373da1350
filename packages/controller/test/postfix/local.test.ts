import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import { mainText, startStage } from './stage.ts';

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix'], 'the Postfix of this very machine', () => {
  it('is changed, proved, confirmed and put back without any SSH', async () => {
    await using stage = await startStage();
    const { lab } = stage;
    const args = ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning'];
    const program = fileURLToPath(new URL('./apply-here.ts', import.meta.url));
    const { stdout, stderr } = await lab.run(process.execPath, [...args, program], { timeout: 120_000 });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      first: {
        status: 'applied',
        checks: ['greeting smtp passed', 'log passed'],
      },
      again: 'unchanged',
      pending: { isTheSame: true, watched: true },
      status: { runs: true, drift: [], phases: ['confirmed', 'confirmed'] },
      back: 'applied',
    });
    expect(lab.read('/etc/postfix/main.cf')).toBe(mainText);
    expect(await stage.mailFlows()).toBe(true);
    expect(stage.sshd.daemon.output()).not.toContain('Accepted');
    expect((await lab.run('find', ['/etc', '-name', '*postern*'])).stdout).toBe('');
  });
});
