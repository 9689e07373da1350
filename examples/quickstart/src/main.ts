#!/usr/bin/env node
/**
 * The whole road on one host, from what the world sees to what was proved, and a report of it.
 *
 *     npm start                        the example host, on a copy
 *     npm start -- /etc/postfix        a real configuration, on a copy; the folder itself is not touched
 *     npm start -- /etc/postfix --apply     and then for real, with a backup
 *     npm start -- ssh://root@mail.example.no      a host, which is only read: all of it but the apply
 */
import { parseArgs } from 'node:util';
import { exampleFolder, walkExample } from './example.ts';
import { readHost } from './host.ts';
import { installedVersion } from './postfix.ts';
import { walk } from './road.ts';
import { readSubject } from './subject.ts';

// A reader that went away (npm start | head) is no error of ours, and no reason to stop in the middle of an apply.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    apply: { type: 'boolean', default: false },
    postfix: { type: 'string' },
    identity: { type: 'string', short: 'i', multiple: true },
    'accept-new': { type: 'boolean', default: false },
  },
});
const [target, ...rest] = positionals;

try {
  if (rest.length > 0) throw new Error(`one folder or host, please; there is also ${rest.join(' ')}`);
  if (target === undefined && values.apply)
    throw new Error('--apply needs a folder: npm start -- /etc/postfix --apply');
  if (target?.startsWith('ssh://')) {
    if (values.apply)
      throw new Error(
        `a host is changed under a watchdog: npx postern apply ${target} --profile internet-mx --confirm-within 5m`,
      );
    await walk(await readHost(target, { acceptNew: values['accept-new'], identities: values.identity }));
  } else if (target === undefined) {
    const subject = await readSubject(exampleFolder, values.postfix ?? '3.7.11');
    const { outside, senders, tuning, queue } = await walkExample(subject);
    await walk(subject, { before: [outside], between: [senders, tuning, queue] });
  } else {
    const version = values.postfix ?? (await installedVersion());
    if (version === undefined)
      throw new Error(
        'which Postfix is this configuration for? Say it: npm start -- FOLDER --postfix 3.7.11',
      );
    await walk(await readSubject(target, version), { apply: values.apply });
  }
} catch (error) {
  console.error(`npm start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 3;
}
