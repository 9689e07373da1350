import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import { mainText, newGreeting, startStage, type Stage } from './stage.ts';
import { putStubs } from './stubs.ts';

/** systemd-run as far as a timer goes: detached from whoever calls, under a name, and gone when it has fired. */
const systemdRun = `
note "$@"
unit= seconds=
while :; do
  case $1 in
    --quiet|--collect) ;;
    --unit=*) unit=\${1#--unit=} ;;
    --on-active=*) seconds=\${1#--on-active=} ;;
    *) break ;;
  esac
  shift
done
case $unit$seconds in *[!0-9A-Za-z-]*|'') exit 1 ;; esac
mkdir -p /run/stubs/timers
setsid sh -c 'echo $$ >/run/stubs/timers/$0; sleep "$1"; rm -f /run/stubs/timers/$0; shift; PATH=/run/stubs:$PATH; exec "$@"' "$unit" "$seconds" "$@" </dev/null >/dev/null 2>&1 &
while [ ! -e /run/stubs/timers/$unit ]; do sleep 0.01; done
`;
const systemctl = `
note "$@"
case $1 in
  is-active) kill -0 "$(cat "/run/stubs/timers/\${3%.timer}" 2>/dev/null)" 2>/dev/null ;;
  stop) kill -s KILL -- "-$(cat "/run/stubs/timers/\${2%.timer}")" && rm "/run/stubs/timers/\${2%.timer}" ;;
  daemon-reload) ;;
  *) exit 1 ;;
esac
`;
const unit = '/etc/systemd/system/postern-undo.service';

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix'], 'the watchdog on a host with systemd', () => {
  let stage: Stage;
  let calls: () => string[];
  beforeAll(async () => {
    stage = await startStage();
    await stage.lab.run('mkdir', ['-p', '/run/systemd/system']);
  });
  afterAll(async () => stage?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    ({ calls } = putStubs(stage.lab, { 'systemd-run': systemdRun, systemctl }));
    stage.lab.write('/etc/postfix/main.cf', mainText, { age: 7200 });
    await stage.lab.run('sh', ['-c', 'rm -rf /var/lib/postern; postfix reload || postfix start']);
  });
  const sh = async (text: string): Promise<string> => (await stage.lab.run('sh', ['-c', text])).stdout;
  const timers = (): Promise<string> => sh('ls /run/stubs/timers 2>/dev/null');
  const leftovers = (): Promise<string> =>
    sh('find /etc -name "*postern*"; ls /run/stubs/timers 2>/dev/null');

  it('is a timer of systemd, and a unit for the boot; a confirmation takes both away', async () => {
    await using host = await stage.open();
    const { id } = await host.apply(newGreeting(), { confirm: 'by-hand', confirmWithin: 90_000 });
    const run = `systemd-run [--quiet] [--collect] [--unit=postern-${id}] [--on-active=90] [sh] [/var/lib/postern/changes/${id}/program] [watchdog] [${id}]`;
    expect(calls()).toContain(run);
    expect(calls()).toContain('systemctl [daemon-reload]');
    expect((await host.probe()).pending).toMatchObject({ id, watched: true });
    expect(await timers()).toBe(`postern-${id}\n`);
    expect(stage.lab.read(unit)).toContain(
      `ExecStart=/bin/sh /var/lib/postern/changes/${id}/program watchdog ${id}\n`,
    );
    expect(await sh('readlink -f /etc/systemd/system/multi-user.target.wants/postern-undo.service')).toBe(
      `${unit}\n`,
    );
    await host.confirm();
    expect(calls()).toContain(`systemctl [stop] [postern-${id}.timer]`);
    expect(await leftovers()).toBe('');
    expect(stage.lab.read('/etc/postfix/main.cf')).toContain('ESMTP new');
  });

  it('undoes the change when nobody confirms and every process of ours is gone', async () => {
    await using host = await stage.open();
    await host.apply(newGreeting(), { confirm: 'by-hand', confirmWithin: 4000 });
    await host.close();
    await sh("pkill -KILL -f '^sshd: root@notty'");
    await expect.poll(() => stage.lab.read('/etc/postfix/main.cf'), { timeout: 15_000 }).toBe(mainText);
    await expect.poll(leftovers, { timeout: 5000 }).toBe('');
    expect(await stage.mailFlows()).toBe(true);
  });

  it('refuses to change anything when systemd starts no timer', async () => {
    stage.lab.write(
      '/run/stubs/systemd-run',
      '#!/bin/sh\necho "Failed to start transient timer unit: no" >&2; exit 1\n',
      {
        mode: 0o755,
      },
    );
    await using host = await stage.open();
    await expect(host.apply(newGreeting())).rejects.toThrow(
      /mail\.lab\.test: systemd-run: Failed to start transient timer unit/,
    );
    expect(stage.lab.read('/etc/postfix/main.cf')).toBe(mainText);
    expect(await leftovers()).toBe('');
  });

  it('has a unit for the boot that systemd understands, and that undoes what a reboot has left unconfirmed', async () => {
    await using host = await stage.open();
    await host.apply(newGreeting(), { confirm: 'by-hand', confirmWithin: 300_000 });
    const text = stage.lab.read(unit);
    const condition = /^ConditionPathExists=(.*)$/m.exec(text)![1]!;
    const command = /^ExecStart=(.*)$/m.exec(text)![1]!;
    expect(text).toMatch(/^Before=postfix\.service/m);
    const verified = await sh(
      `! command -v systemd-analyze >/dev/null || systemd-analyze verify --man=no ${unit} 2>&1 | grep postern`,
    );
    expect(verified).toBe('');
    // What a reboot does: every process is gone, the kernel has another name for this boot, and systemd runs the unit.
    await sh(
      `postfix stop; kill -KILL -- -$(cat /run/stubs/timers/*); rm -f /run/stubs/timers/*; echo another >/run/boot; mount --bind /run/boot /proc/sys/kernel/random/boot_id; [ -e ${condition} ] && PATH=/run/stubs:$PATH ${command}; umount /proc/sys/kernel/random/boot_id; postfix start`,
    );
    expect(stage.lab.read('/etc/postfix/main.cf')).toBe(mainText);
    expect(await leftovers()).toBe('');
    expect(await stage.mailFlows()).toBe(true);
    await using again = await stage.open();
    expect((await again.history()).at(-1)?.phase).toBe('rolled-back');
  });
});
