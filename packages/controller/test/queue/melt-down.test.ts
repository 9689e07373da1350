import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import type { Triage } from '@postern/controller';
import { fill, kinds, startQueueStage, type Kind, type QueueStage } from './full-queue.ts';

const messages = 50_000;
/** Filling the queue takes a minute on a machine that does nothing else, each test seconds. */
const patience = { timeout: 300_000 };

describeWith(
  ['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'smtp-source'],
  `a queue of ${messages} messages, half of them backscatter`,
  () => {
    let stage: QueueStage;
    let ids: Map<Kind, string[]>;
    let triage: Triage;
    beforeAll(async () => {
      stage = await startQueueStage();
      ids = await fill(stage, messages);
    }, patience.timeout);
    afterAll(() => stage?.[Symbol.asyncDispose]());

    const sorted = (all: Iterable<string>): string[] => [...all].toSorted((a, b) => (a < b ? -1 : 1));
    const of = (backscatter: boolean): string[] =>
      sorted(kinds.filter((kind) => kind.backscatter === backscatter).flatMap((kind) => ids.get(kind)!));
    const held = (): string[] =>
      sorted([...stage.onDisk()].flatMap(([id, queue]) => (queue === 'hold' ? id : [])));

    it('is a queue that Postfix finds in order', patience, async () => {
      expect(await stage.lab.run('postsuper', ['-s'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
      expect(stage.onDisk().size).toBe(messages);
    });

    it('is listed and summarised', patience, async () => {
      const summary = await stage.host.queue.summary();
      expect(summary).toMatchObject({ total: messages, byQueue: { deferred: messages }, problems: [] });
      expect(summary.bySender).toMatchObject({
        'MAILER-DAEMON': messages * 0.6,
        'news@mail.lab.test': messages * 0.25,
      });
      expect(summary.shape[0]).toMatchObject({ domain: 'forged.example', total: messages * 0.5 });
    });

    it('is sorted without a mistake, with samples and the cause', patience, async () => {
      triage = await stage.host.queue.triage();
      expect(sorted(triage.backscatter.messages.map(({ id }) => id))).toEqual(of(true));
      expect(sorted(triage.legitimate.messages.map(({ id }) => id))).toEqual(of(false));
      expect(triage.unsure.count).toBe(0);
      expect(triage.backscatter.byWhy).toEqual({
        'bounces-foreign-mail': messages * 0.4,
        'nothing-ours': messages * 0.1,
      });
      expect(triage.backscatter.samples).toContainEqual(
        expect.objectContaining({
          why: 'bounces-foreign-mail',
          confidence: 'certain',
          subject: 'Undelivered Mail Returned to Sender',
        }),
      );
      expect(triage.causes).toMatchObject([
        { id: 'accepts-unknown-recipients', confidence: 'certain', messages: messages / 2 },
      ]);
      expect(triage.plan.changes).toContainEqual(
        expect.objectContaining({ type: 'remove-parameter', name: 'local_recipient_maps' }),
      );
      expect(triage.plan.changes).toContainEqual(
        expect.objectContaining({ name: 'bounce_queue_lifetime', value: '1d' }),
      );
    });

    it('holds the backscatter, and undoes that exactly', patience, async () => {
      const before = stage.onDisk();
      const outcome = await stage.host.queue.hold(triage.backscatter.messages);
      expect(outcome).toMatchObject({ done: messages / 2, total: messages / 2, skipped: {} });
      expect(held()).toEqual(of(true));
      expect(await stage.host.queue.undo(outcome.id)).toMatchObject({ done: messages / 2, skipped: {} });
      expect(stage.onDisk()).toEqual(before);
    });

    it(
      'loses nothing when the connection dies in the middle: the next action finishes it',
      patience,
      async () => {
        const { host, cut } = await stage.openCuttable();
        const hold = host.queue.hold(triage.backscatter.messages, {
          batch: 2000,
          onProgress: ({ dealtWith }) => void (dealtWith >= 6000 && cut()),
        });
        await expect(hold).rejects.toMatchObject({ code: 'outcome-unknown' });
        await expect.poll(async () => (await stage.host.queue.history()).at(-1)?.phase).toBe('open');
        const open = (await stage.host.queue.history()).at(-1)!;
        expect(open.done).toBeLessThan(messages / 2);
        expect(await stage.host.queue.resume()).toMatchObject({
          id: open.id,
          done: messages / 2,
          total: messages / 2,
        });
        expect(held()).toEqual(of(true));
        await host.close();
      },
    );

    it(
      'deletes what was held only by a second word, leaves what was released since, and brings it back',
      patience,
      async () => {
        const hold = (await stage.host.queue.history()).findLast(({ action }) => action === 'hold')!;
        const reviewed = of(true).slice(0, 10);
        await stage.host.queue.release({ ids: reviewed });
        const before = stage.onDisk();
        const deleted = await stage.host.queue.deleteHeld(hold.id);
        expect(deleted).toMatchObject({ done: messages / 2 - 10, skipped: { 'not-held': 10 } });
        expect(sorted(stage.onDisk().keys())).toEqual(sorted([...of(false), ...reviewed]));
        expect(await stage.host.queue.undo(deleted.id)).toMatchObject({ done: messages / 2 - 10 });
        expect(stage.onDisk()).toEqual(before);
        expect(await stage.lab.run('postsuper', ['-s'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
        expect(await stage.lab.run('postfix', ['check'])).toMatchObject({ status: 0, stderr: '' });
      },
    );
  },
);
