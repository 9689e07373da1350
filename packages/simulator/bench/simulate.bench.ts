import {
  median,
  smtp,
  startLab,
  startNameserver,
  startPostfix,
  type Bench,
  type BenchRow,
} from '@postern/testbed';
import { fixtureResolver } from '@postern/dns/fixture';
import { simulate, type Configuration, type Transaction, type World } from '@postern/simulator';
import { makeClientCertificates } from '../test/differential/client-certificates.ts';
import { configurationOf, judge } from '../test/differential/compare.ts';
import { generateBatch, generateSession } from '../test/differential/generate.ts';
import { inParallel } from '../test/differential/in-parallel.ts';
import { Random } from '../test/differential/random.ts';
import { startRealSmtpd } from '../test/differential/real-smtpd.ts';

const zone = {
  'mx.example.org': { A: ['198.51.100.7'] },
  'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }] },
} as const;

const main = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = example.com
alias_maps =
alias_database =
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_sender_restrictions = reject_non_fqdn_sender, reject_unknown_sender_domain,
    check_sender_access texthash:/etc/postfix/senders
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_non_fqdn_recipient,
    check_client_access cidr:/etc/postfix/clients, reject_rbl_client bl.example.net, reject_unlisted_recipient
recipient_delimiter = +
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000000
smtpd_soft_error_limit = 1000000
smtpd_junk_command_limit = 1000000
`;
const files: Record<string, string> = {
  '/etc/postfix/senders': 'bad@example.org REJECT\n',
  '/etc/postfix/clients': '192.0.2.0/24 REJECT\n203.0.113.0/24 REJECT\n',
};

/** Different recipients, so that neither side may answer from what it said before. */
const recipients = Array.from({ length: 50 }, (_, index) =>
  index % 3 === 0 ? `x${index}@example.net` : `kari+${index}@example.com`,
);
const rounds = 3;

const bench: Bench = {
  title: 'One transaction through the lists of an internet mail server',
  about:
    'Client, HELO, sender and recipient lists with two tables and a block list; every transaction is MAIL, RCPT and RSET of one XCLIENT session for the real smtpd 3.7, and a whole session for the simulator. The DNS of both is local and holds the same.',
  async *run() {
    await using lab = await startLab();
    await using _ = await startNameserver({ lab, world: zone });
    await using _postfix = await startPostfix(lab, { main, files, users: ['kari'] });
    await using session = await smtp(lab);
    await session.ehlo('probe');
    await session.xclient({ ADDR: '198.51.100.7', NAME: 'mx.example.org' });
    await session.ehlo('mx.example.org');

    const configuration: Configuration = { main, version: '3.7.11', files: (path) => files[path] };
    const world: World = { resolver: fixtureResolver(zone), users: ['kari'], hostname: 'mail.lab.test' };
    const transactions = recipients.map((to): Transaction => ({
      client: { address: '198.51.100.7', name: 'mx.example.org' },
      helo: 'mx.example.org',
      from: 'a@example.org',
      to: [to],
    }));

    const simulateAll = async (times: number): Promise<void> => {
      for (let repeat = 0; repeat < times; repeat++) {
        for (const transaction of transactions) {
          const verdict = await simulate(configuration, transaction, world);
          const expected = transaction.to![0]!.endsWith('.net') ? 454 : 250;
          if (verdict.reply.code !== expected)
            throw new Error(`${transaction.to![0]}: ${verdict.reply.code}`);
        }
      }
    };
    const real: number[] = [];
    const simulated: number[] = [];
    // The real one has been started and has read its tables; so has ours.
    await simulateAll(100);
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      for (const to of recipients) {
        await session.mail('a@example.org');
        const { code } = await session.rcpt(to);
        await session.command('RSET');
        if (code !== (to.endsWith('.net') ? 454 : 250)) throw new Error(`${to}: ${code}`);
      }
      real.push((performance.now() - start) / recipients.length);
      const begin = performance.now();
      await simulateAll(100);
      simulated.push((performance.now() - begin) / (recipients.length * 100));
    }
    const [ours, theirs] = [1000 / median(simulated), 1000 / median(real)];
    yield {
      work: 'one transaction, verdict and trace',
      ours: `${Math.round(ours).toLocaleString('en')} a second`,
      peer: `smtpd ${Math.round(theirs).toLocaleString('en')} a second`,
      ratio: `${(ours / theirs).toFixed(0)} ×`,
      target: '50 ×',
      met: ours / theirs >= 50,
    };
    yield await generatedPairs();
  },
};

/** The pairs of the differential test: tables of all kinds, DNS lists, TLS, AUTH, several recipients, DATA. */
async function generatedPairs(): Promise<BenchRow> {
  const random = new Random(1);
  const certificates = makeClientCertificates();
  const shown = certificates.map(({ is }) => is);
  const verbose = generateBatch(random, 3000, 40, shown);
  // What the test reads from the log would only slow smtpd down.
  const batch = { ...verbose, master: verbose.master.replaceAll('smtpd -v', 'smtpd') };
  await using smtpd = await startRealSmtpd(batch, certificates);
  const plays = batch.services.flatMap((service) =>
    [1, 2].map(() => ({ port: service.port, session: generateSession(random, service, shown, 6) })),
  );
  const playAll = (): Promise<unknown> =>
    inParallel(plays, 1, ({ session, port }) => smtpd.play(session, port));
  const transactions = plays.flatMap(({ session }) => session.transactions);
  const configuration = configurationOf(batch);
  const judgeAll = (times: number): void => {
    for (let repeat = 0; repeat < times; repeat++)
      for (const transaction of transactions) judge(configuration, transaction);
  };
  await playAll();
  judgeAll(20);
  const real: number[] = [];
  const simulated: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await playAll();
    real.push((performance.now() - start) / transactions.length);
    const begin = performance.now();
    judgeAll(20);
    simulated.push((performance.now() - begin) / (transactions.length * 20));
  }
  const [ours, theirs] = [1000 / median(simulated), 1000 / median(real)];
  return {
    work: `${transactions.length} generated pairs, one stream on either side`,
    ours: `${Math.round(ours).toLocaleString('en')} a second`,
    peer: `smtpd ${Math.round(theirs).toLocaleString('en')} a second`,
    ratio: `${(ours / theirs).toFixed(0)} ×`,
    target: '50 ×',
    met: ours / theirs >= 50,
  };
}

export default bench;
