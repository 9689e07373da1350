import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, missing, scratch } from '@postern/testbed';
import {
  postfixHost,
  recordedHost,
  recording,
  type PostfixHost,
  type QueueMessage,
} from '@postern/controller';
import { fill, startQueueStage, type QueueStage } from './full-queue.ts';

describeWith(
  ['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'smtp-source'],
  'actions on a real queue',
  () => {
    let stage: QueueStage;
    let queue: QueueStage['host']['queue'];
    beforeAll(async () => {
      stage = await startQueueStage();
      queue = stage.host.queue;
      await fill(stage, 400);
    });
    afterAll(() => stage?.[Symbol.asyncDispose]());

    const all = async (): Promise<QueueMessage[]> => {
      const messages: QueueMessage[] = [];
      for await (const message of queue.list()) messages.push(message);
      return messages;
    };
    const fileOf = (id: string): string => stage.lab.path(`/var/spool/postfix/deferred/${id[0]}/${id}`);

    it('counts before it acts, and acts on what is selected alone', async () => {
      const selector = { domain: 'customer.example', sender: 'news@mail.lab.test' };
      expect(await queue.count(selector)).toMatchObject({ count: 100, samples: { length: 10 } });
      expect([...stage.onDisk().values()]).not.toContain('hold');
      const outcome = await queue.hold(selector);
      expect(outcome).toMatchObject({ action: 'hold', total: 100, done: 100, skipped: {} });
      expect(await queue.summary({ queue: 'hold' })).toMatchObject({
        total: 100,
        bySender: { 'news@mail.lab.test': 100 },
      });
      expect(await queue.hold(selector)).toMatchObject({ done: 0, skipped: { held: 100 } });
      // What the second hold found on hold is not its own to release.
      expect(await queue.undo((await queue.history()).at(-1)!.id)).toMatchObject({ total: 0, done: 0 });
      expect(await queue.undo(outcome.id)).toMatchObject({ action: 'release', done: 100 });
      await expect(queue.undo(outcome.id)).rejects.toThrow('is undone already');
      expect(await queue.count({ queue: 'hold' })).toMatchObject({ count: 0 });
    });

    it('stops a listing whose reader has had enough', async () => {
      for await (const message of queue.list({ nullSender: true })) {
        expect(message.sender).toBe('');
        break;
      }
    });

    it('leaves a message alone whose id was another’s when it was selected, and one that is gone', async () => {
      const [reused, gone, last] = (await all()).filter(({ queue: where }) => where === 'deferred');
      // The same id, and another message: it came a day later.
      const bytes = readFileSync(fileOf(reused!.id), 'latin1');
      const other = bytes.replace(String(reused!.arrived), String(reused!.arrived + 86_400));
      expect(other).not.toBe(bytes);
      writeFileSync(fileOf(reused!.id), other, 'latin1');
      renameSync(fileOf(gone!.id), `${stage.lab.path('/var/spool/postfix')}/gone`);
      expect(await queue.delete([reused!, gone!, last!, { ...last!, id: '0FFFFFFFF' }])).toMatchObject({
        total: 4,
        done: 1,
        skipped: { another: 1, gone: 2 },
        skippedIds: expect.arrayContaining([reused!.id, gone!.id, '0FFFFFFFF']),
      });
      expect(stage.onDisk().has(reused!.id)).toBe(true);
      expect(stage.onDisk().has(last!.id)).toBe(false);
      renameSync(`${stage.lab.path('/var/spool/postfix')}/gone`, fileOf(gone!.id));
    });

    it('finds a message that has moved to another queue since', async () => {
      const [message] = (await all()).filter(({ queue: where }) => where === 'deferred');
      await stage.lab.run('postsuper', ['-h', message!.id]);
      expect(await queue.delete([message!])).toMatchObject({ done: 1, skipped: {} });
    });

    it('deletes for good where it is told to', async () => {
      const [message] = (await all()).filter(({ queue: where }) => where === 'deferred');
      const { id } = await queue.delete([message!], { keep: false });
      expect(await queue.undo(id)).toMatchObject({ total: 1, done: 0, skipped: { gone: 1 } });
    });

    it('finishes or undoes what was killed in the middle of a batch', async () => {
      const messages = (await all()).filter(({ queue: where }) => where === 'deferred');
      const before = stage.onDisk();
      const killed = async (action: 'hold' | 'delete' = 'hold'): Promise<string> => {
        let once = false;
        const run = queue[action](messages, {
          batch: 20,
          onProgress({ dealtWith }) {
            if (dealtWith < 60 || once) return;
            once = true;
            const holder = /process (\d+)/.exec(stage.lab.read('/var/lib/postern/queue/holder'))![1]!;
            void stage.lab.run('kill', ['-9', holder]);
          },
        });
        await expect(run).rejects.toMatchObject({ code: 'outcome-unknown' });
        const open = (await queue.history()).at(-1)!;
        expect(open).toMatchObject({ phase: 'open', total: messages.length });
        await expect(queue.hold({ ids: [] }, { interrupted: 'refuse' })).rejects.toMatchObject({
          code: 'interrupted',
        });
        return open.id;
      };
      await killed();
      // The next action undoes it first.
      await queue.hold({ ids: [] }, { interrupted: 'undo' });
      expect(stage.onDisk()).toEqual(before);
      const id = await killed();
      await queue.hold({ ids: [] });
      expect((await queue.history()).find((each) => each.id === id)).toMatchObject({
        phase: 'done',
        done: messages.length,
      });
      expect(await queue.undo(id)).toMatchObject({ done: messages.length, skipped: {} });
      expect(stage.onDisk()).toEqual(before);

      const deleted = await killed('delete');
      expect(stage.onDisk().size).toBeLessThan(before.size);
      await queue.undo(deleted);
      expect(stage.onDisk()).toEqual(before);
      const again = await killed('delete');
      expect(await queue.resume()).toMatchObject({ id: again, done: messages.length });
      expect(stage.onDisk().size).toBe(before.size - messages.length);
      expect(await queue.undo(again)).toMatchObject({ done: messages.length, skipped: {} });
      expect(stage.onDisk()).toEqual(before);
      // No message is left with two names: Postfix would leave it alone for ever.
      const { stdout } = await stage.lab.run('find', [
        '/var/spool/postfix/deferred',
        '-type',
        'f',
        '-links',
        '+1',
      ]);
      expect(stdout).toBe('');
    });

    it('releases at a pace, the destinations in turns', async () => {
      await queue.hold({ nullSender: false });
      const { release } = await queue.triage();
      const domains = new Map(
        (await all()).map(({ id, recipients }) => [id, recipients[0]!.address.split('@')[1]]),
      );
      const order = release.slice(0, 4).map(({ id }) => domains.get(id)!);
      expect(new Set(order.slice(0, 2))).toEqual(new Set(['buyer.example', 'customer.example']));
      expect(order.slice(2)).toEqual(order.slice(0, 2));
      const released = await queue.release(release.slice(0, 40), { pace: 2 });
      expect(released).toMatchObject({ done: 40 });
      const { stdout } = await stage.lab.run('stat', [
        '-c',
        '%Y',
        ...release.slice(0, 40).map(({ id }) => `/var/spool/postfix/deferred/${id[0]}/${id}`),
      ]);
      const due = stdout.trim().split('\n').map(Number);
      expect(due.map((time) => time - due[0]!)).toEqual(
        Array.from({ length: 40 }, (_, index) => Math.floor(index / 2)),
      );
      await queue.release({ queue: 'hold' });
    });

    it('requeues and flushes, and has no way back from that', async () => {
      const waiting = (await all()).filter(({ queue: where }) => where === 'deferred');
      // Postfix is at work on what was flushed; others stand still.
      const some = waiting.slice(3, 6);
      const flushed = await queue.flush(waiting.slice(0, 3));
      expect(flushed).toMatchObject({ done: 3 });
      await expect(queue.undo(flushed.id)).rejects.toThrow('has no way back');
      expect(await queue.requeue(some)).toMatchObject({ done: 3, skipped: {} });
      expect(some.some(({ id }) => stage.onDisk().has(id))).toBe(false);
    });

    it.runIf(missing('journalctl') === undefined)(
      'follows a message through the journal of a machine without a log file',
      async () => {
        const { lab } = stage;
        // The same lines as journalctl prints them; it is asked for the mail's alone, with times that have a year.
        await lab.run('sh', [
          '-ec',
          `year=$(date +%Y)
        awk -v year="$year" '{
          month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3
          stamp = sprintf("%s-%02d-%02dT%s+0000", year, month, $2, $3)
          sub(/^[A-Z][a-z][a-z] +[0-9]+ [0-9:]+/, stamp); print
        }' /var/log/mail.log >/run/journal
        printf '%s\\n' '#!/bin/sh' 'case "$*" in "-q -o short-iso --no-pager SYSLOG_FACILITY=2") exec cat /run/journal ;; *) exit 1 ;; esac' >/run/journalctl
        chmod 755 /run/journalctl
        mount --bind /run/journalctl "$(command -v journalctl)"
        mv /var/log/mail.log /var/log/kept`,
        ]);
        try {
          const [, deferred] = /^.*\+0000 .*: (\w+): to=<\d+buyer@buyer\.example>.*status=deferred/m.exec(
            lab.read('/run/journal'),
          )!;
          const trace = await queue.trace(deferred!);
          expect(trace.sources).toEqual(['journal']);
          expect(trace.messages).toMatchObject([
            { id: deferred, sender: 'shop@mail.lab.test', client: 'unknown[127.0.0.1]' },
          ]);
        } finally {
          await lab.run('sh', [
            '-c',
            'umount "$(command -v journalctl)"; mv /var/log/kept /var/log/mail.log',
          ]);
        }
      },
    );

    it('follows a message through logs that were rotated and packed, and one that no log tells of', async () => {
      const log = stage.lab.path('/var/log/mail.log');
      const text = readFileSync(log, 'utf8');
      const [, bounced, recipient] = /(\w+): to=<(\d+nobody@mail\.lab\.test)>.*status=bounced/.exec(text)!;
      await stage.lab.run('sh', [
        '-c',
        'gzip -c /var/log/mail.log >/var/log/mail.log.2.gz; echo broken >/var/log/mail.log.3.gz; printf "garbage \\033[2J\\n" >/var/log/mail.log.1; : >/var/log/mail.log',
      ]);
      const trace = await queue.trace(bounced!);
      expect(trace.sources).toEqual(
        expect.arrayContaining(['/var/log/mail.log.2.gz', '/var/log/mail.log.1', '/var/log/mail.log']),
      );
      expect(trace.messages[0]).toMatchObject({
        id: bounced,
        fate: 'bounced',
        sender: 'victim@forged.example',
        client: 'unknown[198.51.100.7]',
      });
      expect(trace.words).toContainEqual(expect.stringMatching(/^Its sender was told so in message \w+\.$/));
      expect(trace.messages[1]).toMatchObject({ sender: '' });
      const byAddress = await queue.trace(recipient!.toUpperCase());
      expect(byAddress.messages.map(({ id }) => id)).toContain(bounced);
      rmSync(stage.lab.path('/var/log/mail.log.2.gz'));
      const [message] = await all();
      expect((await queue.trace(message!.id)).words[0]).toContain('The log does not tell of');
      expect((await queue.trace('0FFFFFFFF')).words[0]).toContain('Neither');
      await expect(queue.trace('$(id)')).rejects.toMatchObject({ code: 'bad-argument' });
    });

    it('is listed, summarised, sorted and traced from a recording as from the host itself', async () => {
      using files = scratch();
      const looks = async (host: PostfixHost): Promise<unknown> => {
        const listed = [];
        for await (const message of host.queue.list({ nullSender: true })) listed.push(message);
        const { byQueue, bySender, total } = await host.queue.summary();
        const { backscatter, legitimate, causes } = await host.queue.triage();
        const trace = await host.queue.trace(listed[0]!.id);
        return { listed, byQueue, bySender, total, backscatter, legitimate, causes, trace };
      };
      const live = await looks(postfixHost(recording(stage.host, files.folder)));
      expect(live).toMatchObject({ total: (await all()).length });
      expect(await looks(recordedHost(files.folder))).toEqual(live);
      await expect(recordedHost(files.folder).queue.trace('0FFFFFFFF')).rejects.toMatchObject({
        code: 'not-recorded',
      });
    });

    it('knows long ids', async () => {
      await stage.postfix.reload({
        main: `${stage.lab.read('/etc/postfix/main.cf')}enable_long_queue_ids = yes\n`,
      });
      await stage.lab.run('sendmail', ['-f', 'long@mail.lab.test', 'a@long.example'], {
        stdin: 'Subject: x\n\nx\n',
      });
      await expect
        .poll(async () => (await queue.count({ sender: 'long@mail.lab.test', queue: 'deferred' })).count)
        .toBe(1);
      const { samples } = await queue.count({ sender: 'long@mail.lab.test' });
      expect(samples[0]!.id).toMatch(/z/);
      const deleted = await queue.delete({ sender: 'long@mail.lab.test' });
      expect(deleted).toMatchObject({ done: 1 });
      expect(await queue.undo(deleted.id)).toMatchObject({ done: 1 });
      expect(await queue.hold({ sender: 'long@mail.lab.test' })).toMatchObject({ done: 1 });
      expect(await stage.lab.run('postsuper', ['-s'])).toMatchObject({ stderr: '' });
    });
  },
);
