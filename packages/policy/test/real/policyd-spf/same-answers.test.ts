import { describeWith, startLab, startNameserver, type Lab, type Nameserver } from '@postern/testbed';
import { createResolver, type ClosableResolver, type Resolver } from '@postern/dns';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  decide,
  importPolicydSpf,
  printAction,
  readRequest,
  spfHandler,
  type Handler,
} from '../../../src/index.ts';
import { PendingHeaders } from '../../../src/server/pending-headers.ts';
import { differences } from './differences.ts';
import { makeRequests, world } from './requests.ts';

/** Configurations of policyd-spf, with as many of the 500 requests as each is asked. */
const configurations: readonly {
  readonly name: string;
  readonly count: number;
  readonly text: string;
  /** How many of the answers differ on purpose, by the name of the difference (differences.ts). */
  readonly differ: Readonly<Record<string, number>>;
}[] = [
  {
    name: 'as Debian installs it',
    count: 150,
    text: 'HELO_reject = Fail\nMail_From_reject = Fail\nPermError_reject = False\nTempError_Defer = False\nskip_addresses = 127.0.0.0/8,::1\n',
    differ: { 'private client': 11 },
  },
  {
    name: 'strict',
    count: 100,
    text: 'HELO_reject = SPF_Not_Pass\nMail_From_reject = SPF_Not_Pass\nPermError_reject = True\nTempError_Defer = True\n',
    differ: { 'private client': 17, 'later recipients of a broken record': 2 },
  },
  {
    name: 'softfail, and domains that must pass',
    count: 60,
    text: 'HELO_reject = Null\nMail_From_reject = Softfail\nTempError_Defer = True\nReject_Not_Pass_Domains = neutral.example,open.example\n',
    differ: { 'private client': 4 },
  },
  {
    name: 'only domains without mail',
    count: 50,
    text: 'HELO_reject = Fail\nMail_From_reject = Fail\nNo_Mail = True\nPermError_reject = True\n',
    differ: { 'private client': 4, 'a header for each recipient': 1, 'two records': 2 },
  },
  {
    name: 'no HELO, A-R, whitelists',
    count: 60,
    text: 'HELO_reject = No_Check\nMail_From_reject = Fail\nHeader_Type = AR\nAuthserv_Id = mx.test\nWhitelist = 203.0.113.0/24\nDomain_Whitelist = forwarder.example\nHELO_Whitelist = relay.example\n',
    differ: { 'private client': 4 },
  },
  {
    name: 'test only',
    count: 40,
    text: 'TestOnly = 0\nHELO_reject = Fail\nMail_From_reject = Fail\nPermError_reject = True\n',
    differ: { 'private client': 1 },
  },
  {
    name: 'a restriction on pass',
    count: 40,
    text: 'HELO_reject = False\nMail_From_reject = Fail\nMail_From_pass_restriction = spf_passed\nSPF_Enhanced_Status_Codes = No\n',
    differ: { 'private client': 4 },
  },
];

/** What an answer comes to: its code with the enhanced one, or its verb. */
function classOf(action: string): string {
  return (
    /^[45]\d\d(?: \d\.\d+\.\d+)?|^defer_if_permit(?: \d\.\d+\.\d+)?|^\S+/i.exec(action)?.[0] ?? ''
  ).toLowerCase();
}

describeWith(['root', 'namespaces', 'policyd-spf'], 'compared with the real policyd-spf', () => {
  let lab: Lab;
  /** One name server with the same world on either side of the lab's wall. */
  let theirDns: Nameserver;
  let ourDns: Nameserver;
  let resolver: ClosableResolver;
  beforeAll(async () => {
    lab = await startLab({ hostname: 'mx.test' });
    theirDns = await startNameserver({ world, lab });
    ourDns = await startNameserver({ world });
    resolver = createResolver({ servers: [ourDns.server] });
  });
  afterAll(async () => {
    await resolver?.close();
    await ourDns?.stop();
    await theirDns?.stop();
    await lab?.close();
  });

  async function theirs(text: string, requests: readonly Record<string, string>[]): Promise<string[]> {
    lab.write('/etc/policyd.conf', text);
    const stdin = requests.map(printRequest).join('');
    const { stdout } = await lab.run('/usr/bin/policyd-spf', ['/etc/policyd.conf'], {
      stdin,
      timeout: 60_000,
    });
    return stdout
      .split('\n\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^action=/, ''));
  }

  it.each(configurations)(
    '$name: the same class of action on all of $count requests',
    async ({ text, count, name, differ }) => {
      const requests = makeRequests(count, configurations.findIndex((each) => each.name === name) + 1);
      const answers = await theirs(text, requests);
      expect(answers).toHaveLength(count);
      const handler = makeOurs(text, resolver);
      const headers = new PendingHeaders();
      const explained: Record<string, number> = {};
      const unexplained: string[] = [];
      for (const [index, attributes] of requests.entries()) {
        const request = readRequest(attributes);
        const decision = await decide([handler], request, new AbortController().signal);
        const ours = classOf(printAction(headers.next(request, decision) ?? decision.action));
        const other = classOf(answers[index]!);
        if (ours === other) continue;
        const difference = differences.find(({ applies }) => applies(attributes, other, ours));
        if (difference) {
          explained[difference.name] = (explained[difference.name] ?? 0) + 1;
          continue;
        }
        unexplained.push(
          `${attributes['client_address']} ${attributes['helo_name']} <${attributes['sender']}>: ${other} there, ${ours} here\n  ${answers[index]}\n  ${decision.notes.join('; ')}`,
        );
      }
      expect(unexplained).toEqual([]);
      expect(explained).toEqual(differ);
    },
    60_000,
  );
});

function printRequest(attributes: Readonly<Record<string, string>>): string {
  return `${Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')}\n`;
}

function makeOurs(text: string, resolver: Resolver): Handler {
  const { settings } = importPolicydSpf(text, 'mx.test');
  const [spf] = settings.handlers;
  if (spf?.type !== 'spf') throw new Error('the import gave no spf handler');
  const { type: _, recipients: __, ...options } = spf;
  return spfHandler({ ...options, resolver });
}
