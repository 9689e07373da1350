/**
 * Applies or rolls back in a process of its own, which can be killed:
 *
 *     node program.ts '{"action":"apply","directory":"…","plan":{…},"killAt":"renamed main.cf"}'
 *
 * Prints what came of it as one line of JSON: the result, or code and message of the error.
 */
import {
  applyToFolder,
  ControllerError,
  recoverFolder,
  rollbackFolder,
  type OnStep,
} from '@postern/controller';
import type { Plan } from '@postern/plan';

interface Job {
  readonly action: 'apply' | 'rollback' | 'recover';
  readonly directory: string;
  readonly plan?: Plan;
  readonly wait?: number;
  readonly uid?: number;
  /** A step, with the path where it has one, at which the process kills itself the hard way. */
  readonly killAt?: string;
  /** A step at which it stays until somebody ends it. */
  readonly stopAt?: string;
}

const job = JSON.parse(process.argv[2]!) as Job;
if (job.uid !== undefined) process.setuid!(job.uid);
const wait = job.wait ?? 2000;
const onStep: OnStep = async (step, path) => {
  const name = path === undefined ? step : `${step} ${path}`;
  process.stderr.write(`${name}\n`);
  if (name === job.killAt) process.kill(process.pid, 'SIGKILL');
  if (name === job.stopAt) await new Promise((resolve) => setTimeout(resolve, 60_000));
};

const actions = {
  apply: () => applyToFolder(job.directory, job.plan!, { onStep, wait }),
  rollback: () => rollbackFolder(job.directory, undefined, { onStep, wait }),
  recover: () => recoverFolder(job.directory, { wait }),
};

try {
  const result = await actions[job.action]();
  process.stdout.write(`${JSON.stringify(result ?? null)}\n`);
} catch (error) {
  if (!(error instanceof ControllerError)) throw error;
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`);
}
