import { describeWith, smtp, startLab, startNameserver, startPostfix, type Lab } from '@postern/testbed';
import { expect, it } from 'vitest';
import { proveRelay, type Transaction } from '@postern/simulator';
import { Random } from '../differential/random.ts';
import { generateConfiguration, type Generated } from './generate.ts';

const wanted = 25;
/** What is not the listener's own: these lines stand in the main.cf that all share. */
const shared =
  /^(?:compatibility_level|myhostname|mydestination|inet_interfaces|alias_|local_rec|\w+_transport|relay_domains)/;

describeWith(['root', 'namespaces', 'postfix'], 'the real smtpd 3.7.11', () => {
  it(`takes the mail of ${wanted} transactions by which configurations are shown to be open`, async () => {
    const random = new Random(Number(process.env['POSTERN_SIMULATOR_SEED'] ?? 1));
    const opened: { readonly configuration: Generated; readonly transaction: Transaction }[] = [];
    for (let index = 0; opened.length < wanted; index++) {
      const configuration = generateConfiguration(random, `/etc/tables-${index}`);
      // Who XCLIENT says the client is comes too late for lists that are not delayed.
      if (!/^mydestination = example\.com\nmynetworks/m.test(configuration.main)) continue;
      if (!/^relay_domains = $/m.test(configuration.main) || configuration.main.includes('reject = no'))
        continue;
      if (configuration.main.includes('mysql:')) continue;
      const proof = proveRelay(configuration);
      if ('open' in proof) opened.push({ configuration, transaction: proof.open });
    }
    await using lab = await startLab();
    await using _nameserver = await startNameserver({
      lab,
      world: {
        'relay-proof.example': {
          A: ['198.51.100.77'],
          MX: [{ preference: 10, exchange: 'mx.relay-proof.example' }],
        },
        'mx.relay-proof.example': { A: ['198.51.100.77'] },
      },
    });
    await using _postfix = await startPostfix(lab, {
      main: `${linesOf(opened[0]!.configuration, true).join('\n')}
smtpd_authorized_xclient_hosts = 127.0.0.1
maillog_file =
`,
      master: masterOf(opened.map(({ configuration }) => configuration)),
      files: Object.assign({}, ...opened.map(({ configuration }) => configuration.tables)) as Record<
        string,
        string
      >,
      greets: 5000,
    });
    const refused: unknown[] = [];
    for (const [index, { transaction, configuration }] of opened.entries()) {
      const code = await send(lab, transaction, 5000 + index);
      if (code !== 250) refused.push([code, transaction, configuration.main]);
    }
    expect(refused.slice(0, 2)).toEqual([]);
  });
});

function linesOf({ main }: Generated, ofAll: boolean): string[] {
  return main.split('\n').filter((line) => line !== '' && shared.test(line) === ofAll);
}

function masterOf(configurations: readonly Generated[]): string {
  const listeners = configurations.map((configuration, index) => {
    const own = linesOf(configuration, false).map((line) => `  -o { ${line} }\n`);
    return `${5000 + index} inet n - n - - smtpd\n${own.join('')}`;
  });
  return `${listeners.join('')}cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
discard   unix  - - n - - discard
`;
}

/** The reply to the last recipient. */
async function send(lab: Lab, { client, helo, from, to }: Transaction, port: number): Promise<number> {
  await using session = await smtp(lab, { port });
  await session.ehlo('probe');
  const { address, name = 'unknown' } = client;
  const named = name === 'unknown' ? '[UNAVAILABLE]' : name;
  await session.xclient({
    ADDR: address.includes(':') ? `IPV6:${address}` : address,
    NAME: named,
    REVERSE_NAME: named,
  });
  if (helo !== undefined) await session.ehlo(helo);
  await session.mail(from ?? '');
  return (await session.rcpt(to![0]!)).code;
}
