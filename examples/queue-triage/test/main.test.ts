import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  backscatterMain,
  describeWith,
  sendBackscatter,
  startLab,
  startPostfix,
  type Lab,
} from '@postern/testbed';

describeWith(['root', 'namespaces', 'postfix'], 'the queue triage example', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ addresses: ['203.0.113.25'] });
    await startPostfix(lab, { main: backscatterMain });
    await sendBackscatter(lab, 25);
  });
  afterAll(() => lab?.close());

  it('says what fills the queue, and holds the backscatter alone', async () => {
    const script = join(import.meta.dirname, '../src/main.ts');
    const run = (...flags: string[]): ReturnType<Lab['run']> =>
      lab.run(process.execPath, ['--conditions=@postern/source', script, 'local', ...flags]);
    const queued = async (): Promise<string> => (await lab.run('postqueue', ['-p'])).stdout;
    await expect.poll(queued, { timeout: 30_000 }).toContain('in 26 Requests');
    const { stdout, status } = await run();
    expect(status).toBe(0);
    expect(stdout).toContain('26 messages: 25 backscatter, 1 legitimate');
    expect(stdout).toContain('remove-parameter: A recipient that is not there is refused');
    expect((await run('--hold')).stdout).toContain('held 25; ');
    expect(
      (await lab.run('find', ['/var/spool/postfix/hold', '-type', 'f'])).stdout.split('\n'),
    ).toHaveLength(26);
  });
});
