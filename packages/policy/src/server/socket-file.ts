import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { PolicyError } from './error.ts';

/**
 * Makes room for a unix socket. A socket file that nobody listens on any more is what a killed server leaves
 * behind and is removed; one that answers is somebody's, and a file that is no socket is never removed.
 *
 * @throws PolicyError `cannot-listen`
 */
export async function removeDeadSocket(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket())
    throw new PolicyError(
      'cannot-listen',
      `cannot listen on unix:${path}: there is a file of that name that is no socket`,
    );
  if (await answers(path))
    throw new PolicyError('cannot-listen', `cannot listen on unix:${path}: another server listens there`);
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
