import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pairedMedians, type Bench, type BenchRow } from '@postern/testbed';

const command = join(import.meta.dirname, '../bin/postern.js');
const built = join(import.meta.dirname, '../dist/main.js');
const masterCf = join(import.meta.dirname, '../../hardening/test/fixtures/master.cf');

const mainCf = `myhostname = mail.example.com
mydestination = $myhostname, example.com, localhost
mynetworks = 127.0.0.0/8 [::1]/128
smtpd_recipient_restrictions = permit_mynetworks, reject_rbl_client zen.spamhaus.org
smtpd_tls_security_level = may
alias_maps = hash:/etc/aliases
`;

const bench: Bench = {
  title: 'From pressing Enter to the answer',
  about:
    'The built command as whole processes on files that are in the page cache, in turn with a Node program that does nothing: the median of 15 runs each. The limit is on the time by the clock, start of Node included.',
  async *run() {
    if (!existsSync(built)) throw new Error('packages/cli is not built: run npm run build');
    const folder = await mkdtemp(join(tmpdir(), 'postern-startup-'));
    try {
      await writeFile(join(folder, 'main.cf'), mainCf);
      await copyFile(masterCf, join(folder, 'master.cf'));
      await writeFile(join(folder, 'nothing.mjs'), '');
      const nothing = join(folder, 'nothing.mjs');
      yield await compare('postern --help', [command, '--help'], nothing, 150);
      const audit = [command, 'audit', folder, '--postfix', '3.7.11'];
      yield await compare('postern audit DIR, Postfix named', audit, nothing, 400);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function compare(work: string, args: string[], nothing: string, limit: number): Promise<BenchRow> {
  const { ours, peer } = await pairedMedians(
    () => start(args),
    () => start([nothing]),
    { rounds: 15, warmup: 2 },
  );
  return {
    work,
    ours: `${ours.toFixed(0)} ms`,
    peer: `${peer.toFixed(0)} ms: Node that does nothing`,
    ratio: `${(ours / peer).toFixed(1)} × as long`,
    target: `< ${limit} ms`,
    met: ours < limit,
  };
}

/** Runs Node to its end. @throws Error when it fails, so that no failure is taken for speed */
function start(args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
}

export default bench;
