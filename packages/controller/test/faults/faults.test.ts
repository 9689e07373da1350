import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, smtp } from '@postern/testbed';
import { ControllerError, postfixHost, type Command, type Host } from '@postern/controller';
import { because, mainText, masterText, plan, set, startStage, type Stage } from '../postfix/stage.ts';
import { faultCases, faultTable, type FaultCase } from './cases.ts';

/** A change of both files, each of which is valid beside the other's old state. */
const goodPlan = plan(
  [
    set('smtpd_banner', '$myhostname ESMTP new'),
    {
      type: 'set-service-option',
      name: 'smtp',
      serviceType: 'inet',
      option: 'smtpd_helo_required',
      value: 'yes',
      because,
    },
  ],
  ['greeting', 'no-relay'],
);

it('has at least sixty cases, and docs/faults.md shows them', () => {
  expect(faultCases.length).toBeGreaterThanOrEqual(60);
  expect(
    readFileSync(`${import.meta.dirname}/../../../../docs/faults.md`, 'utf8')
      .replaceAll(/ +/g, ' ')
      .replaceAll(/-{3,}/g, '---'),
  ).toContain(faultTable());
});

/** The same host, with a fault built into the program that it is asked to run. */
function faulty(
  host: Host,
  { inject, replace, between }: FaultCase,
  sh: (text: string) => Promise<unknown>,
): Host {
  return {
    ...host,
    async run(command: Command, options) {
      if (!('script' in command)) return host.run(command, options);
      const [text = '', operation, ...rest] = command.args ?? [];
      if (operation === 'transaction' && between !== undefined) await sh(between);
      let changed = text;
      if (replace) changed = changed.replace(replace[0], () => replace[1]);
      if (inject && inject.operation === operation) {
        const renamed = /^renamed (\d)$/.exec(inject.step)?.[1];
        const marker = renamed === undefined ? `say 'step ${inject.step}'` : 'say "step renamed $n"';
        if (!changed.includes(marker)) throw new Error(`the program has no ${marker}`);
        const fault = renamed === undefined ? inject.text : `case $n in ${renamed}) ${inject.text} ;; esac`;
        changed = changed.replace(marker, () => `${marker}\n${fault}`);
      }
      return host.run({ ...command, args: [changed, operation!, ...rest] }, options);
    },
  };
}

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix'], 'an apply survives', () => {
  const free: Stage[] = [];
  const all: Stage[] = [];
  const waiting: ((stage: Stage) => void)[] = [];
  const take = (): Promise<Stage> => {
    const stage = free.pop();
    return stage ? Promise.resolve(stage) : new Promise((resolve) => waiting.push(resolve));
  };
  const give = (stage: Stage): void => {
    const next = waiting.shift();
    if (next) next(stage);
    else free.push(stage);
  };
  beforeAll(async () => {
    all.push(...(await Promise.all([startStage(), startStage(), startStage()])));
    free.push(...all);
  });
  afterAll(async () => void (await Promise.all(all.map((stage) => stage[Symbol.asyncDispose]()))));

  it.concurrent.each(faultCases.map((each) => [`${each.group}: ${each.fault}, ${each.step}`, each] as const))(
    '%s',
    { timeout: 300_000 },
    async (_name, fault) => {
      const stage = await take();
      try {
        const { message, ...found } = await survive(stage, fault);
        const { says, contact, ends } = fault;
        const want = {
          says,
          contact,
          ends: fault.edited ? 'the edit' : ends,
          held: '',
          left: '',
          mailFlows: true,
        };
        expect({ ...found, says: found['says'] === says ? says : message }).toEqual(want);
      } finally {
        give(stage);
      }
    },
  );
});

/** Lets a fault happen, and tells what is so afterwards. */
async function survive(
  stage: Stage,
  fault: FaultCase,
): Promise<Record<string, unknown> & { message: string }> {
  const { lab } = stage;
  const sh = async (text: string): Promise<string> => {
    const { stdout, stderr } = await lab.run('sh', ['-c', text]);
    return stdout + stderr;
  };
  await sh(
    'rm -rf /var/lib/postern /etc/postfix/.postern-* /etc/init.d/postern-undo /etc/rc?.d/S02postern-undo; pkill -KILL -f "[e]xec sh"',
  );
  lab.write('/etc/postfix/main.cf', mainText, { age: 7200 });
  lab.write('/etc/postfix/master.cf', masterText, { age: 7200 });
  await sh('postfix status 2>/dev/null && postfix reload || postfix start');
  if (fault.before !== undefined) await sh(fault.before);
  const { folder = '/etc/postfix' } = fault;
  const files = (): [string, string] => [lab.read(`${folder}/main.cf`), lab.read(`${folder}/master.cf`)];
  const old = fault.folder === undefined ? ([mainText, masterText] as const) : files();
  const { code, message } = await attempt(stage, fault, sh);
  if (fault.after !== undefined) await sh(fault.after);

  // The next contact, first looking only; a program whose reader went away goes on to its end.
  await using host = await stage.open();
  for (let tries = 0; (await host.probe()).busy && tries < 200; tries++) await sleep(100);
  const { pending } = await host.probe();
  const contact = !pending
    ? 'nothing waits'
    : pending.phase === 'committed' && files()[0].includes('ESMTP new')
      ? 'waits to be confirmed'
      : 'cut short';

  // Then mending.
  if (pending?.phase === 'committed') await host.rollback();
  else await host.apply(plan([]));
  const leftovers = 'find /etc -name "*postern*"; pgrep -fa "[p]rogram watchdog|[e]xec sh"';
  // What was told to end takes a moment.
  for (let tries = 0; (await sh(leftovers)) !== '' && tries < 20; tries++) await sleep(100);
  return {
    message,
    says: code,
    contact,
    ends: whichFiles(files(), old),
    held: await sh('[ ! -e /var/lib/postern/lock ] || flock -n /var/lib/postern/lock true || echo held'),
    left: await sh(leftovers),
    mailFlows: (await stage.mailFlows()) && (fault.folder === undefined || (await otherRuns(stage))),
  };
}

/** Whether the second instance greets, and the first has kept its files. */
async function otherRuns({ lab }: Stage): Promise<boolean> {
  await using session = await smtp(lab, { from: '198.51.100.7', to: '203.0.113.25', port: 2525 });
  const isGreeted = session.greeting.code === 220;
  await lab.run('postfix', ['-c', '/etc/postfix-out', 'stop']);
  const first = `${lab.read('/etc/postfix/main.cf')}${lab.read('/etc/postfix/master.cf')}`;
  return isGreeted && first.includes('smtpd_helo_required = no') && !first.includes('ESMTP new');
}

function whichFiles(
  [main, master]: readonly [string, string],
  [oldMain, oldMaster]: readonly [string, string],
): string {
  if (main === oldMain && master === oldMaster) return 'old';
  if (main.includes('by hand') && !main.includes('ESMTP new')) return 'the edit';
  const isNew = main.includes('ESMTP new') && master.includes('-o smtpd_helo_required=yes');
  return isNew ? 'new' : 'a mixture';
}

async function attempt(
  stage: Stage,
  fault: FaultCase,
  sh: (text: string) => Promise<string>,
): Promise<{ code: string; message: string }> {
  try {
    await using machine = await stage.open(fault.connect);
    const host = postfixHost(faulty(machine, fault, sh), fault.folder);
    const done = await host.apply(fault.plan ?? goodPlan, {
      vantage: stage.vantage,
      confirmWithin: 60_000,
      ...fault.options,
    });
    return { code: done.status, message: JSON.stringify([done.checks, done.log]) };
  } catch (error) {
    if (!(error instanceof ControllerError)) throw error;
    const isNamed = /^mail\.lab\.test[: ]/.test(error.message);
    return { code: isNamed ? error.code : `${error.code}, of no host`, message: error.message };
  }
}
