/**
 * A rollout to real hosts, in their network:
 *
 *     node controller.ts INVENTORY JOURNAL [resume]
 *
 * Prints the events but for steps.
 */
import { connectTo, inProcess, readInventory, rollout, type PlanFor } from '@postern/fleet';

const [inventory = '', journal = '', how] = process.argv.slice(2);
const because = { why: 'The test wants it.', source: 'this test', versions: 'all' };
const plan: PlanFor = ({ host, config }) => ({
  target: { name: host.name, postfix: config.version },
  checks: [{ id: 'greeting', description: 'Port 25 greets' }],
  changes: [
    {
      type: 'set-parameter',
      name: 'smtpd_client_restrictions',
      value: 'check_client_access cidr:/etc/postfix/clients.cidr',
      because,
    },
    {
      type: 'set-parameter',
      name: 'smtpd_banner',
      value: `$myhostname ESMTP ${host.name} of the fleet`,
      because,
    },
  ],
});
const { hosts } = await readInventory(inventory);
const run = rollout({
  hosts,
  plan,
  label: 'clients',
  strategy: { canary: 1, waves: [4, '50%'], maxFailures: '10%' },
  resume: how === 'resume',
  runner: inProcess({
    journal,
    concurrency: 10,
    apply: { patience: 4000 },
    connect: (host) => connectTo(host, { configFile: false, agent: false, timeout: 20_000 }),
  }),
});
for await (const event of run) if (event.type !== 'step') process.stdout.write(`${JSON.stringify(event)}\n`);
