import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { backscatterMain, describeWith, sendBackscatter } from '@postern/testbed';
import { startLabHost, type LabHost } from './lab-host.ts';
import { run, type Ran } from './run.ts';

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix'], 'postern queue', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await startLabHost({ main: backscatterMain }, ['203.0.113.25']);
    await sendBackscatter(host.lab, 25, '\u001B[2Jspam');
  });
  afterAll(() => host?.[Symbol.asyncDispose]());
  const postern = (command: string, ...args: string[]): Promise<Ran> =>
    run(['queue', command, host.target, ...args, ...host.login]);
  const json = async (command: string, ...args: string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await postern(command, ...args, '--json')).out) as Record<string, unknown>;

  it('summarises', async () => {
    await expect
      .poll(async () => (await json('summary'))['byQueue'], { timeout: 30_000 })
      .toEqual({ deferred: 26 });
    expect(await json('summary')).toMatchObject({
      total: 26,
      bySender: { 'MAILER-DAEMON': 25, 'shop@mail.lab.test': 1 },
      byRecipientDomain: { 'forged.example': 25, 'buyer.example': 1 },
      byReason: { 'deferred transport': 26 },
    });
    const svg = join(host.folder, 'ages.svg');
    const { out, code } = await postern('summary', '--svg', svg);
    expect(code).toBe(0);
    expect(out).toMatch(/TOTAL +26/);
    expect(out).toMatch(/forged\.example +25/);
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg[^]*<\/svg>\n$/);
  });

  it('lists what is selected', async () => {
    const { out } = await postern('list', '--sender', 'shop@mail.lab.test', '--json');
    expect(JSON.parse(out)).toMatchObject([{ queue: 'deferred', sender: 'shop@mail.lab.test' }]);
    expect((await postern('list', '--queue', 'hold')).out).toBe('');
    expect((await postern('list', '--older-than', 'soon')).code).toBe(2);
    expect((await postern('list', '--id', '$(id)')).err).toContain('is no queue id');
  });

  it('counts, asks, acts, and undoes', async () => {
    expect(await postern('hold', '--null-sender')).toMatchObject({
      code: 2,
      err: expect.stringContaining('say --yes'),
    });
    expect(await json('hold', '--null-sender')).toMatchObject({ dryRun: true, count: 25 });
    const held = await postern('hold', '--null-sender', '--yes');
    expect(held).toMatchObject({ code: 0, out: expect.stringContaining('Held: 25 of 25 messages') });
    expect(await json('summary')).toMatchObject({ byQueue: { hold: 25, deferred: 1 } });
    expect(await postern('undo', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Released: 25 of 25'),
    });
    expect(await json('summary')).toMatchObject({ byQueue: { deferred: 26 } });
    expect(await postern('delete', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('say --all'),
    });
    expect((await postern('history')).out).toContain('undone  hold: 25 of 25');
  });

  it('sorts, holds, and deletes only on a second word', async () => {
    const { out, code } = await postern('triage');
    expect(code).toBe(1);
    expect(out).toContain('25 backscatter');
    expect(out).toContain('take out local_recipient_maps');
    expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
    const held = (await json('triage', '--hold', '--yes'))['held'] as { id: string; done: number };
    expect(held.done).toBe(25);
    expect(await postern('delete', '--held', held.id, '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Deleted: 25 of 25'),
    });
    expect(await json('summary')).toMatchObject({ total: 1 });
    expect(await postern('undo', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Put back: 25 of 25'),
    });
  });

  it('follows a message to its fate', async () => {
    const ran = await run(['queue', 'trace', host.target, 'victim3@forged.example', ...host.login]);
    expect(ran.out).toContain('nobody3@mail.lab.test: refused for good');
    expect(ran.out).toContain('Its sender was told so in message');
    expect(await run(['queue', 'trace', '/etc/postfix', 'x', ...host.login])).toMatchObject({ code: 2 });
  });
});
