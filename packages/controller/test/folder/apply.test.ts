import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '@postern/testbed';
import { describe, expect, it } from 'vitest';
import {
  applyToFolder,
  ControllerError,
  folderStatus,
  readFolder,
  type ControllerErrorCode,
} from '@postern/controller';
import { because, bigPlan, exampleFolder, oldMain, planOf, snapshot } from './example-folder.ts';

const helo = planOf({ type: 'set-parameter', name: 'smtpd_helo_required', value: 'yes', because });

async function codeOf(work: Promise<unknown>): Promise<{ code: ControllerErrorCode; message: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ControllerError) return error;
    throw error;
  }
  throw new Error('it went through');
}

describe('applyToFolder', () => {
  it('writes what the plan changes, says what is left to do, and keeps the old files', async () => {
    using folder = exampleFolder();
    const result = await applyToFolder(folder.directory, bigPlan);
    expect(result).toMatchObject({
      status: 'applied',
      changed: ['transport', 'maps/sasl_passwd', 'master.cf', 'main.cf'],
      remaining: [{ type: 'postfix-action', action: 'reload' }],
    });
    expect(folder.read('main.cf')).toBe(oldMain.replace('required = no', 'required = yes'));
    expect(folder.read('master.cf')).toContain('-o smtpd_tls_security_level=may');
    expect(folder.read('maps/sasl_passwd')).toBe('mx joe:hunter2\n');
    expect(folder.read(`.postern/applies/${result.id}/before/main.cf`)).toBe(oldMain);
  });

  it('changes nothing the second time, not even a time or a lock file', async () => {
    using folder = exampleFolder();
    await applyToFolder(folder.directory, bigPlan);
    const before = [snapshot(folder.directory, { state: true }), lstatSync(folder.directory).mtimeMs];
    expect(await applyToFolder(folder.directory, bigPlan)).toMatchObject({
      status: 'unchanged',
      changed: [],
    });
    expect([snapshot(folder.directory, { state: true }), lstatSync(folder.directory).mtimeMs]).toEqual(
      before,
    );
  });

  it('leaves no trace of a plan that is already true', async () => {
    using folder = exampleFolder();
    const nothing = planOf({ type: 'set-parameter', name: 'smtpd_helo_required', value: 'no', because });
    expect((await applyToFolder(folder.directory, nothing)).status).toBe('unchanged');
    expect(readdirSync(folder.directory)).toEqual(['main.cf', 'master.cf', 'transport']);
  });

  it('takes new texts as well as a plan', async () => {
    using folder = exampleFolder();
    const result = await applyToFolder(folder.directory, { 'main.cf': 'a = 1\n' });
    expect([result.changed, folder.read('main.cf')]).toEqual([['main.cf'], 'a = 1\n']);
  });

  it('keeps bytes that are no UTF-8, CR before LF, and a missing final newline', async () => {
    using folder = exampleFolder();
    const bytes = Buffer.from(
      '# caf\xe9 \xff\xfe\r\nsmtpd_helo_required = no\r\nsmtpd_banner = gr\xfc\xdf',
      'latin1',
    );
    folder.write('main.cf', bytes);
    await applyToFolder(folder.directory, helo);
    const wanted = bytes.toString('latin1').replace('required = no', 'required = yes');
    expect(readFileSync(join(folder.directory, 'main.cf')).toString('latin1')).toBe(wanted);
  });

  it('keeps the mode, and changes it where the plan asks for it', async () => {
    using folder = exampleFolder();
    chmodSync(join(folder.directory, 'main.cf'), 0o640);
    await applyToFolder(folder.directory, helo);
    const modeOf = (path: string): number => statSync(join(folder.directory, path)).mode & 0o7777;
    expect(modeOf('main.cf')).toBe(0o640);
    const put = planOf({
      type: 'put-file',
      path: 'transport',
      content: '# nothing yet\n',
      mode: 0o600,
      because,
    });
    expect((await applyToFolder(folder.directory, put)).changed).toEqual(['transport']);
    expect(modeOf('transport')).toBe(0o600);
    expect((await applyToFolder(folder.directory, put)).status).toBe('unchanged');
  });

  it('makes files with passwords readable for their owner alone, and others for all', async () => {
    using folder = exampleFolder();
    await applyToFolder(folder.directory, {
      'maps/sasl_passwd': 'mx joe:hunter2\n',
      'maps/access': 'example.org OK\n',
    });
    const modeOf = (path: string): number => statSync(join(folder.directory, path)).mode & 0o7777;
    expect([modeOf('maps/sasl_passwd'), modeOf('maps/access'), modeOf('.postern')]).toEqual([
      0o600, 0o644, 0o700,
    ]);
  });

  it('writes through a symbolic link and leaves the link', async () => {
    using folder = exampleFolder();
    using elsewhere = exampleFolder();
    rmSync(join(folder.directory, 'main.cf'));
    symlinkSync(join(elsewhere.directory, 'main.cf'), join(folder.directory, 'main.cf'));
    await applyToFolder(folder.directory, helo);
    expect(readlinkSync(join(folder.directory, 'main.cf'))).toBe(join(elsewhere.directory, 'main.cf'));
    expect(elsewhere.read('main.cf')).toContain('smtpd_helo_required = yes');
    expect(readdirSync(elsewhere.directory)).toEqual(['main.cf', 'master.cf', 'transport']);
  });

  it('keeps no password in its history records', async () => {
    using folder = exampleFolder();
    const { id } = await applyToFolder(folder.directory, bigPlan);
    expect(folder.read(`.postern/applies/${id}/record.json`)).not.toContain('hunter2');
    expect(JSON.stringify((await folderStatus(folder.directory)).last)).not.toContain('hunter2');
  });

  it('forgets the oldest backups beyond the number to keep', async () => {
    using folder = exampleFolder();
    for (const value of ['1', '2', '3', '4']) {
      await applyToFolder(folder.directory, planOf({ type: 'set-parameter', name: 'a', value, because }), {
        keep: 2,
      });
    }
    expect((await folderStatus(folder.directory)).history.map(({ id }) => id.slice(0, 6))).toEqual([
      '000003',
      '000004',
    ]);
  });

  it('stops before the first rename when it is told to', async () => {
    using folder = exampleFolder();
    const before = snapshot(folder.directory, { state: true });
    const stop = new AbortController();
    const work = applyToFolder(folder.directory, bigPlan, {
      signal: stop.signal,
      onStep: (step) => {
        if (step === 'staged') stop.abort(new Error('enough'));
      },
    });
    await expect(work).rejects.toThrow('enough');
    expect(snapshot(folder.directory, { state: true })).toEqual(before);
  });
});

describe('applyToFolder refuses, and changes nothing', () => {
  it('when the files are not those that the plan was made from', async () => {
    using folder = exampleFolder();
    const basedOn = await readFolder(folder.directory);
    folder.write('master.cf', '# somebody else was here\n');
    const before = snapshot(folder.directory, { state: true });
    const error = await codeOf(applyToFolder(folder.directory, helo, { basedOn }));
    expect(error.code).toBe('changed-meanwhile');
    expect(error.message).toContain('master.cf');
    expect(snapshot(folder.directory, { state: true })).toEqual(before);
  });

  it.each(['read', 'preparing', 'staged'] as const)(
    'when an editor saves main.cf after the step %s',
    async (at) => {
      using folder = exampleFolder();
      const onStep = (step: string): void => {
        if (step !== at) return;
        // Editors write a new file and give it the name.
        folder.write('main.cf~', `${oldMain}# by hand\n`);
        renameSync(join(folder.directory, 'main.cf~'), join(folder.directory, 'main.cf'));
      };
      expect((await codeOf(applyToFolder(folder.directory, helo, { onStep }))).code).toBe(
        'changed-meanwhile',
      );
      expect(folder.read('main.cf')).toBe(`${oldMain}# by hand\n`);
      expect(readdirSync(folder.directory)).toEqual(['main.cf', 'master.cf', 'transport']);
    },
  );

  it.each([
    ['main.cf', 'smtpd_helo_restrictions =\npermit_mynetworks,\nreject\n', 'main.cf:2:1'],
    ['master.cf', 'policy unix - n n\n', 'master.cf:1:1'],
    ['master.cf', 'x unix - n n - 0 spawn\n  { argv=/bin/true\n', undefined],
  ])('when Postfix would not start: a broken %s', async (path, text, place) => {
    using folder = exampleFolder();
    folder.write(path, text);
    const before = snapshot(folder.directory, { state: true });
    const change = planOf({ type: 'set-parameter', name: 'biff', value: 'no', because });
    const error = await codeOf(applyToFolder(folder.directory, change));
    expect(error.code).toBe('invalid-configuration');
    expect(error.message).toContain(place ?? path);
    expect(snapshot(folder.directory, { state: true })).toEqual(before);
  });

  it.each([
    ['queue_run_delay', '300q'],
    ['default_process_limit', 'many'],
    ['smtpd_recipient_restrictions', 'reject_unauth_destinaton'],
  ])('when the plan writes what no daemon can read: %s = %s', async (name, value) => {
    using folder = exampleFolder();
    const before = snapshot(folder.directory, { state: true });
    const error = await codeOf(
      applyToFolder(folder.directory, planOf({ type: 'set-parameter', name, value, because })),
    );
    expect(error.code).toBe('invalid-configuration');
    expect(error.message).toMatch(/^Postfix 3\.7\.11 would not work [^]*main\.cf:4:\d+: /);
    expect(snapshot(folder.directory, { state: true })).toEqual(before);
  });

  it('but not because of such a value that was there before', async () => {
    using folder = exampleFolder();
    folder.write('main.cf', `queue_run_delay = 300q\n${oldMain}`);
    expect((await applyToFolder(folder.directory, helo)).status).toBe('applied');
  });

  it('when the plan names a service that is not there', async () => {
    using folder = exampleFolder();
    const plan = planOf({
      type: 'set-service-option',
      name: 'smtps',
      serviceType: 'inet',
      option: 'a',
      value: 'b',
      because,
    });
    const error = await codeOf(applyToFolder(folder.directory, plan));
    expect([error.code, error.message]).toEqual(['plan-does-not-fit', expect.stringContaining('smtps/inet')]);
  });

  it.each(['/etc/aliases.postern-test', '../x', '.postern/journal.json', './.postern/x'])(
    'when the file is %s',
    async (path) => {
      using folder = exampleFolder();
      expect((await codeOf(applyToFolder(folder.directory, { [path]: 'x' }))).code).toBe('outside-folder');
      const plan = planOf({ type: 'put-file', path, content: 'x', because });
      expect((await codeOf(applyToFolder(folder.directory, plan))).code).toBe('outside-folder');
    },
  );

  it('when a file is a folder, or a link to nothing', async () => {
    using folder = exampleFolder();
    mkdirSync(join(folder.directory, 'maps'));
    expect((await codeOf(applyToFolder(folder.directory, { maps: 'x' }))).code).toBe('not-a-file');
    symlinkSync('nowhere', join(folder.directory, 'access'));
    expect((await codeOf(applyToFolder(folder.directory, { access: 'x' }))).code).toBe('not-a-file');
  });
});

describeWith(['root'], 'applyToFolder as root', () => {
  it('keeps owner, group and mode', async () => {
    using folder = exampleFolder();
    const main = join(folder.directory, 'main.cf');
    chownSync(main, 4711, 4712);
    chmodSync(main, 0o640);
    await applyToFolder(folder.directory, helo);
    const { uid, gid, mode } = statSync(main);
    expect([uid, gid, mode & 0o7777]).toEqual([4711, 4712, 0o640]);
  });

  it('gives a file the owner and group that the plan names', async () => {
    using folder = exampleFolder();
    const put = planOf({
      type: 'put-file',
      path: 'transport',
      content: 'x\n',
      owner: 'daemon',
      group: 'mail',
      mode: 0o440,
      because,
    });
    await applyToFolder(folder.directory, put);
    const { uid, gid, mode } = statSync(join(folder.directory, 'transport'));
    const idOf = (database: string, name: string): number =>
      Number(execFileSync('getent', [database, name], { encoding: 'utf8' }).split(':')[2]);
    expect([uid, gid, mode & 0o7777]).toEqual([idOf('passwd', 'daemon'), idOf('group', 'mail'), 0o440]);
    expect((await applyToFolder(folder.directory, put)).status).toBe('unchanged');
    const nobody = planOf({
      type: 'put-file',
      path: 'transport',
      content: 'y\n',
      owner: 'no-such-user',
      because,
    });
    const error = await codeOf(applyToFolder(folder.directory, nobody));
    expect([error.code, error.message]).toEqual([
      'cannot-keep-attributes',
      expect.stringContaining('no-such-user'),
    ]);
    expect(readFileSync(join(folder.directory, 'transport'), 'utf8')).toBe('x\n');
  });
});

describeWith(['setfacl', 'getfacl'], 'applyToFolder with access lists', () => {
  it('keeps the access list of a file', async () => {
    using folder = exampleFolder();
    const main = join(folder.directory, 'main.cf');
    execFileSync('setfacl', ['-m', 'u:daemon:r', main]);
    const list = (): string => execFileSync('getfacl', ['-cpn', main], { encoding: 'utf8' });
    const before = list();
    await applyToFolder(folder.directory, helo);
    expect(list()).toBe(before);
    expect(before).toMatch(/^user:\d+:r--$/m);
  });
});

describe('readFolder', () => {
  it('gives the texts and what the files are', async () => {
    using folder = exampleFolder();
    const read = await readFolder(folder.directory, { include: ['transport', 'maps/none'] });
    expect(Object.keys(read.files)).toEqual(['main.cf', 'master.cf', 'transport']);
    expect(read.fingerprints['main.cf']).toMatchObject({ size: oldMain.length, uid: process.getuid?.() });
  });

  it('does without a master.cf, and not without a main.cf', async () => {
    using folder = exampleFolder();
    rmSync(join(folder.directory, 'master.cf'));
    expect(Object.keys((await readFolder(folder.directory)).files)).toEqual(['main.cf']);
    rmSync(join(folder.directory, 'main.cf'));
    const error = await codeOf(readFolder(folder.directory));
    expect(error.code).toBe('no-such-file');
    expect(error.message).toBe(
      `${folder.directory}: has no main.cf. Give the folder that holds main.cf, usually /etc/postfix.`,
    );
  });

  it('says what is wrong with a folder that is none', async () => {
    using folder = exampleFolder();
    expect((await codeOf(readFolder(join(folder.directory, 'nowhere')))).code).toBe('no-such-folder');
    const file = await codeOf(readFolder(join(folder.directory, 'main.cf')));
    expect([file.code, file.message]).toEqual(['no-such-folder', expect.stringContaining('not the file')]);
  });

  it('does not read a file beyond the limit, a folder, or a pipe', async () => {
    using folder = exampleFolder();
    execFileSync('truncate', ['-s', '100M', join(folder.directory, 'main.cf')]);
    const large = await codeOf(readFolder(folder.directory));
    expect(large.code).toBe('too-large');
    expect(large.message).toContain('has 100.0 MiB, more than the limit of 16.0 MiB');
    rmSync(join(folder.directory, 'main.cf'));
    mkdirSync(join(folder.directory, 'main.cf'));
    expect((await codeOf(readFolder(folder.directory))).code).toBe('not-a-file');
    rmSync(join(folder.directory, 'main.cf'), { recursive: true });
    execFileSync('mkfifo', [join(folder.directory, 'main.cf')]);
    expect((await codeOf(readFolder(folder.directory))).code).toBe('not-a-file');
  });

  it('says of links in a circle and links to nothing what they are', async () => {
    using folder = exampleFolder();
    rmSync(join(folder.directory, 'main.cf'));
    symlinkSync('main.cf', join(folder.directory, 'main.cf'));
    expect((await codeOf(readFolder(folder.directory))).code).toBe('not-a-file');
    rmSync(join(folder.directory, 'main.cf'));
    symlinkSync('gone.cf', join(folder.directory, 'main.cf'));
    const error = await codeOf(readFolder(folder.directory));
    expect([error.code, error.message]).toEqual(['not-a-file', expect.stringContaining('symbolic link')]);
    writeFileSync(join(folder.directory, 'gone.cf'), 'a = 1\n');
    expect((await readFolder(folder.directory)).files['main.cf']).toBe('a = 1\n');
  });
});
