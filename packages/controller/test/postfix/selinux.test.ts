import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import { because, plan, set, startStage, type Stage } from './stage.ts';
import { putStubs } from './stubs.ts';

const own = 'system_u:object_r:my_own_mail_etc_t:s0';

describeWith(
  ['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'getfattr', 'setfattr'],
  'the security context of files',
  () => {
    let stage: Stage;
    beforeAll(async () => void (stage = await startStage()));
    afterAll(async () => stage?.[Symbol.asyncDispose]());
    const context = async (path: string): Promise<string> =>
      (await stage.lab.run('getfattr', ['--only-values', '-n', 'security.selinux', path])).stdout;

    it('stays what it was on files that are replaced, and comes back with a rollback', async () => {
      for (const file of ['main.cf', 'master.cf'])
        await stage.lab.run('setfattr', ['-n', 'security.selinux', '-v', own, `/etc/postfix/${file}`]);
      await using host = await stage.open();
      expect(
        await host.apply(
          plan([
            set('smtpd_banner', '$myhostname ESMTP new'),
            {
              type: 'set-service-option',
              name: 'smtp',
              serviceType: 'inet',
              option: 'smtpd_helo_required',
              value: 'yes',
              because,
            },
          ]),
        ),
      ).toMatchObject({ status: 'applied', changed: ['main.cf', 'master.cf'] });
      expect([await context('/etc/postfix/main.cf'), await context('/etc/postfix/master.cf')]).toEqual([
        own,
        own,
      ]);
      await host.rollback();
      expect([await context('/etc/postfix/main.cf'), await context('/etc/postfix/master.cf')]).toEqual([
        own,
        own,
      ]);
    });

    it('of new files and compiled tables is the one that the policy has for their place', async () => {
      const { calls } = putStubs(stage.lab, {
        selinuxenabled: 'note; exit 0',
        matchpathcon: 'note "$@"; shift 2; printf "system_u:object_r:policy_for_%s:s0" "$(basename "$1")"',
        chcon: 'note "$@"; [ "$1" = -- ] && setfattr -n security.selinux -v "$2" "$3"',
      });
      await using host = await stage.open();
      const table = plan([
        { type: 'put-file', path: 'senders', content: 'a@example.org REJECT\n', because },
        { type: 'postfix-action', action: 'postmap', table: 'hash:/etc/postfix/senders', because },
        set('smtpd_sender_restrictions', 'check_sender_access hash:/etc/postfix/senders'),
      ]);
      expect(await host.apply(table)).toMatchObject({ status: 'applied' });
      expect(calls().filter((call) => call.startsWith('matchpathcon'))).toEqual([
        'matchpathcon [-n] [--] [/etc/postfix/senders]',
        'matchpathcon [-n] [--] [/etc/postfix/senders.db]',
      ]);
      expect(await context('/etc/postfix/senders')).toBe('system_u:object_r:policy_for_senders:s0');
      expect(await context('/etc/postfix/senders.db')).toBe('system_u:object_r:policy_for_senders.db:s0');
      expect(await context('/etc/postfix/main.cf')).toBe(own);
    });
  },
);
