import { setTimeout as sleep } from 'node:timers/promises';
import { ControllerError, type PostfixHost } from '@postern/controller';

/** What the host itself says of the changes of a rollout. */
export interface Settled {
  /** `none`: it has made none. `unknown`: it could not be asked until the deadline. */
  readonly status: 'applied' | 'rolled-back' | 'none' | 'unknown';
  readonly change?: string;
  readonly files?: readonly string[];
  /** For `unknown`: why it could not be asked. */
  readonly reason?: string;
}

/**
 * Looks at a host whose change may be in any state, and brings it to an end: waits for what is still at work, undoes
 * what is made and was never confirmed.
 *
 * @param open      opens a connection of its own
 * @param isOurs    whether a change belongs to this rollout
 * @param patience  for how many milliseconds to try
 */
export async function settle(
  open: () => Promise<PostfixHost>,
  isOurs: (change: string) => boolean,
  patience: number,
): Promise<Settled> {
  const deadline = Date.now() + patience;
  for (let wait = 250; ; wait = Math.min(wait * 2, 5000)) {
    const found = await look(open, isOurs).catch(trouble);
    if ('status' in found) return found;
    if (Date.now() + wait > deadline) return { status: 'unknown', reason: found.reason };
    await sleep(wait);
  }
}

/** What may pass is tried again; who is not let in now will not be in a minute. */
function trouble(error: unknown): Settled | { readonly reason: string } {
  const reason = error instanceof Error ? error.message : String(error);
  const mayPass = error instanceof ControllerError && passing.has(error.code);
  return mayPass ? { reason } : { status: 'unknown', reason };
}

const passing: ReadonlySet<string> = new Set([
  'unreachable',
  'outcome-unknown',
  'timeout',
  'locked',
  'step-failed',
]);

async function look(
  open: () => Promise<PostfixHost>,
  isOurs: (change: string) => boolean,
): Promise<Settled | { readonly reason: string }> {
  await using machine = await open();
  const { busy, pending } = await machine.probe();
  if (busy) return { reason: 'a change is still at work there' };
  if (pending && isOurs(pending.id)) {
    try {
      await machine.rollback(pending.id);
      return { status: 'rolled-back', change: pending.id };
    } catch (error) {
      // It was confirmed or undone between the two looks: the history says which.
      const isOver =
        error instanceof ControllerError && /^(no-such-apply|not-pending|nothing-to)/.test(error.code);
      if (!isOver) throw error;
    }
  }
  const last = (await machine.history()).findLast(({ id, kind }) => kind === 'apply' && isOurs(id));
  if (!last) return { status: 'none' };
  return last.phase === 'confirmed'
    ? { status: 'applied', change: last.id, files: last.files.map(({ path }) => path) }
    : { status: 'rolled-back', change: last.id };
}
