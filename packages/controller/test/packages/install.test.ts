import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, Plan } from '@postern/plan';
import { connect, type PostfixHost } from '@postern/controller';
import { describeWith, smtp, startLab, startSshd, type Lab } from '@postern/testbed';
import { because, plan, set } from '../postfix/stage.ts';
import { clientFor } from '../ssh/open.ts';

/** What the hardening guide begins with, by the names of both families. */
const toolchain: readonly Change[] = [
  { debian: 'postfix', redhat: 'postfix' },
  { debian: 'postfix-pcre', redhat: 'postfix-pcre' },
  { debian: 'ca-certificates', redhat: 'ca-certificates' },
  { debian: 'sasl2-bin', redhat: 'cyrus-sasl' },
  { debian: 'libsasl2-modules', redhat: 'cyrus-sasl-plain' },
].map((name) => ({ type: 'install-package', name, because }));

const wanted: Plan = plan(
  [
    ...toolchain,
    { type: 'put-file', path: 'header_checks', content: '/^X-Secret:/ IGNORE\n', because },
    set('header_checks', 'pcre:/etc/postfix/header_checks'),
    set('smtpd_banner', '$myhostname ESMTP from the plan'),
    set('compatibility_level', '3.6'),
    set('myhostname', 'mail.lab.test'),
    set('mydestination', 'mail.lab.test, localhost'),
    set('mynetworks', '127.0.0.0/8'),
    set('inet_interfaces', '127.0.0.1'),
    set('inet_protocols', 'ipv4'),
    set('alias_maps', ''),
    set('alias_database', ''),
    set('maillog_file', '/var/log/mail.log'),
    set('smtp_tls_CAfile', '/etc/ssl/certs/ca-certificates.crt'),
    set('smtp_tls_security_level', 'may'),
  ],
  ['greeting', 'no-relay'],
);

/** A lab whose /usr can be written to as well, and stays in it, without any Postfix. */
async function bareLab(): Promise<{
  lab: Lab;
  open: () => Promise<PostfixHost>;
  close: () => Promise<void>;
}> {
  const lab = await startLab();
  const sshd = await startSshd(lab);
  const client = await clientFor(sshd);
  const { status, stderr } = await lab.run('sh', [
    '-c',
    `mkdir -p /run/.lab/usr/upper /run/.lab/usr/work &&
     mount -t overlay overlay -o lowerdir=/usr,upperdir=/run/.lab/usr/upper,workdir=/run/.lab/usr/work /usr &&
     { apt-get purge -y postfix postfix-pcre postfix-lmdb sasl2-bin libsasl2-modules </dev/null >/dev/null 2>&1 || :; } &&
     umount /etc/postfix && rm -rf /etc/postfix /var/spool/postfix/* /var/lib/postfix/* /var/log/mail.log /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/* &&
     rm -f /usr/sbin/runlevel && printf '#!/bin/sh\\necho N 2\\n' >/usr/sbin/runlevel && chmod 755 /usr/sbin/runlevel &&
     ! command -v postconf`,
  ]);
  if (status !== 0) throw new Error(`the bare lab: ${stderr}`);
  return {
    lab,
    open: () => connect(client),
    close: async () => {
      await client[Symbol.asyncDispose]();
      await lab.close();
    },
  };
}

describeWith(
  ['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'apt-get', 'dpkg-deb'],
  'packages by apt',
  () => {
    let archive: string;
    let problem: string | undefined;
    let stage: Awaited<ReturnType<typeof bareLab>>;
    const sh = async (text: string): Promise<string> => (await stage.lab.run('sh', ['-c', text])).stdout;

    beforeAll(async () => {
      archive = mkdtempSync(join(tmpdir(), 'postern-debs-'));
      const names = toolchain.flatMap((change) =>
        change.type === 'install-package' ? (change.name.debian ?? []) : [],
      );
      const { status, stderr } = spawnSync('apt-get', ['download', ...names], {
        cwd: archive,
        encoding: 'utf8',
        timeout: 60_000,
      });
      if (status !== 0) problem = `Debian's archive cannot be reached: ${stderr.trim().split('\n').at(-1)}`;
      stage = await bareLab();
      // An archive of the lab's own, with a daemon besides that starts itself as soon as it is unpacked.
      for (const file of readdirSync(archive)) {
        stage.lab.write(`/srv-archive/${file}`, readFileSync(join(archive, file)));
      }
      stage.lab.write(
        '/run/eager/DEBIAN/control',
        'Package: eager\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: starts itself\n',
      );
      stage.lab.write(
        '/run/eager/etc/init.d/eager',
        '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: eager\n# Required-Start:\n# Required-Stop:\n# Default-Start: 2 3 4 5\n# Default-Stop:\n### END INIT INFO\necho "$1" >>/run/eager-was-run\n',
        {
          mode: 0o755,
        },
      );
      stage.lab.write(
        '/run/eager/DEBIAN/postinst',
        '#!/bin/sh\nupdate-rc.d eager defaults\ninvoke-rc.d eager start || :\n',
        {
          mode: 0o755,
        },
      );
      await sh(
        `cd /srv-archive && dpkg-deb --build /run/eager eager_1_all.deb >/dev/null &&
         for deb in *.deb; do dpkg-deb -f $deb; echo "Filename: ./$deb"; echo "Size: $(stat -c %s $deb)"; echo "SHA256: $(sha256sum <$deb | cut -d " " -f 1)"; echo; done >Packages &&
         echo "deb [trusted=yes] file:/srv-archive ./" >/etc/apt/sources.list`,
      );
    });
    afterAll(async () => {
      await stage?.close();
      rmSync(archive, { recursive: true });
    });

    it('keeps a service from starting while it is installed, and lets it afterwards', async () => {
      await using host = await stage.open();
      const eager: Change = { type: 'install-package', name: { debian: 'eager' }, because };
      // Without a Postfix there is nothing to apply to; the package is there by then.
      await expect(host.apply(plan([eager]))).rejects.toMatchObject({ code: 'no-postfix' });
      expect(
        await sh("dpkg-query -W -f '${Status}' eager; cat /run/eager-was-run; ls /usr/sbin/policy-rc.d"),
      ).toBe('install ok installed');
      expect(await sh('invoke-rc.d eager start; cat /run/eager-was-run')).toContain('start');
    });

    it("leaves an admin's own rule for starting services alone, and lifts one that a killed run has left", async () => {
      stage.lab.write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', { mode: 0o755 });
      await sh('dpkg --purge eager');
      await using host = await stage.open();
      const eager: Change = { type: 'install-package', name: { debian: 'eager' }, because };
      await host.apply(plan([eager])).catch(() => {});
      expect(await sh('cat /usr/sbin/policy-rc.d')).toBe('#!/bin/sh\nexit 101\n');
      stage.lab.write(
        '/usr/sbin/policy-rc.d',
        '#!/bin/sh\n# Put here by postern while it installs packages.\nexit 101\n',
      );
      await host.apply(plan([])).catch(() => {});
      expect(await sh('ls /usr/sbin/policy-rc.d')).toBe('');
    });

    it('says what apt said when there is no such package', async () => {
      await using host = await stage.open();
      const error = await host
        .apply(plan([{ type: 'install-package', name: { debian: 'no-such-package' }, because }]))
        .catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'package-failed' });
      expect(String(error)).toMatch(/mail\.lab\.test: .*Unable to locate package no-such-package/);
      for (const name of ['-o=evil', 'a b', '$(id)', 'a;b', '../x'])
        await expect(
          host.apply(plan([{ type: 'install-package', name: { debian: name }, because }])),
        ).rejects.toMatchObject({ code: 'package-failed' });
    });

    it("installs the guide's toolchain from a plan, and Postfix first starts when it is configured", async (context) => {
      if (problem !== undefined) return context.skip(problem);
      await using host = await stage.open();
      let atChange = 'not reached';
      const seen = {
        vantage: (port: number) => stage.lab.connect({ port }),
        onStep: (step: string) => {
          if (step !== 'read') return;
          atChange = spawnSync('cat', [stage.lab.path('/var/log/mail.log')], { encoding: 'utf8' }).stdout;
        },
      };
      const done = await host.apply(wanted, seen);
      expect(done).toMatchObject({
        status: 'applied',
        installed: expect.arrayContaining([
          'postfix',
          'postfix-pcre',
          'sasl2-bin',
          'libsasl2-modules',
        ]) as string[],
      });
      // Neither the log nor a process says that Postfix ran before the plan's files were there.
      expect(atChange).not.toMatch(/daemon started|starting the Postfix/);
      expect(await sh('ls /usr/sbin/policy-rc.d')).toBe('');
      await using session = await smtp(stage.lab, { from: '198.51.100.7' });
      expect(session.greeting.lines.join()).toContain('mail.lab.test ESMTP from the plan');
      expect(await sh('postmap -q "X-Secret: yes" pcre:/etc/postfix/header_checks')).toBe('IGNORE\n');
      expect(await sh('postconf -A; command -v saslpasswd2; ls /etc/ssl/certs/ca-certificates.crt')).toBe(
        'cyrus\n/usr/sbin/saslpasswd2\n/etc/ssl/certs/ca-certificates.crt\n',
      );
      expect(await host.apply(wanted, seen)).toMatchObject({ status: 'unchanged', installed: [] });
    });

    describe('with dnf in place of apt', () => {
      beforeAll(async () => {
        // A host of the other family, as far as a program can tell: rpm knows what dnf was told to install.
        await sh('rm -f /usr/bin/apt-get /usr/bin/dpkg-query');
        stage.lab.write(
          '/usr/bin/dnf',
          '#!/bin/sh\nfor word; do printf "[%s]" "$word"; done >>/run/dnf-argv; echo >>/run/dnf-argv\n[ ! -e /run/dnf-fails ] || { echo "Error: Unable to find a match: postfix" >&2; exit 1; }\nfor word; do echo "$word" >>/run/rpm-db; done\n',
          { mode: 0o755 },
        );
        stage.lab.write(
          '/usr/bin/rpm',
          '#!/bin/sh\nshift; [ "$1" != -- ] || shift; grep -qxF -- "$1" /run/rpm-db\n',
          { mode: 0o755 },
        );
        stage.lab.write('/run/rpm-db', 'ca-certificates\n');
      });

      it('says what dnf said when it fails', async () => {
        stage.lab.write('/run/dnf-fails', '');
        await using host = await stage.open();
        const error = await host.apply(wanted).catch((cause: unknown) => cause);
        expect(error).toMatchObject({ code: 'package-failed' });
        expect(String(error)).toContain('mail.lab.test: Error: Unable to find a match: postfix');
        await sh('rm /run/dnf-fails /run/dnf-argv');
      });

      it('asks for what is missing, by the names of Red Hat, in exactly these words, and once', async (context) => {
        if (problem !== undefined) return context.skip(problem);
        await using host = await stage.open();
        const installed = ['postfix', 'postfix-pcre', 'cyrus-sasl', 'cyrus-sasl-plain'];
        expect(await host.apply(wanted)).toMatchObject({ installed });
        expect(await sh('cat /run/dnf-argv')).toBe(
          '[install][-y][--setopt=install_weak_deps=False][postfix][postfix-pcre][cyrus-sasl][cyrus-sasl-plain]\n',
        );
        expect(await host.apply(wanted)).toMatchObject({ status: 'unchanged', installed: [] });
        expect((await sh('cat /run/dnf-argv')).trim().split('\n')).toHaveLength(1);
      });
    });
  },
);
