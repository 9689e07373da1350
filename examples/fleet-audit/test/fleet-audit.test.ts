import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readInventory } from '@postern/fleet';
import { scratch } from '@postern/testbed';
import { connectToSimulated } from '../../../packages/fleet/test/simulated/client.ts';
import { startSimulatedFleet } from '../../../packages/fleet/test/simulated/simulated-fleet.ts';
import { auditFleet, compareNights, readHistory, writeHistory } from '../src/fleet-audit.ts';

it('looks at every host each night, and says what has appeared and what is gone', async () => {
  await using fleet = await startSimulatedFleet(5, new Map([[4, 'locked-out']]));
  const { hosts } = await readInventory(fleet.inventory);
  const first = await auditFleet(hosts, connectToSimulated);
  expect(Object.keys(first.findings).toSorted()).toEqual(['mx0001', 'mx0002', 'mx0003', 'mx0005']);
  expect(first.unreached['mx0004']).toMatch(/sshd let nobody in/);
  expect(first.findings['mx0001']!.length).toBeGreaterThan(0);

  // Somebody opens a relay on one host, and mends a thing on another.
  await using machine = await connectToSimulated(hosts[1]!);
  const config = await machine.readConfig();
  const because = { why: 'A slip.', source: 'this test', versions: 'all' };
  await machine.apply({
    target: { name: 'mx0002', postfix: config.version },
    checks: [],
    changes: [{ type: 'set-parameter', name: 'mynetworks', value: '0.0.0.0/0', because }],
  });
  const second = await auditFleet(hosts, connectToSimulated);
  const { appeared } = compareNights(first, second);
  expect(appeared.length).toBeGreaterThan(0);
  expect(appeared.every((finding) => finding.startsWith('mx0002: '))).toBe(true);
  expect(compareNights(second, first).gone).toEqual(appeared);

  const history = join(fleet.folder, 'history.json');
  expect(await readHistory(history)).toEqual([]);
  await writeHistory(history, [first, second]);
  expect(await readHistory(history)).toEqual([first, second]);
});

it('runs as a program, and says which host was not there', () => {
  using files = scratch();
  const inventory = files.write('hosts.yaml', 'hosts:\n  mx1: { address: 127.0.0.1, port: 9 }\n');
  const run = (): { status: number | null; stdout: string } =>
    spawnSync(
      process.execPath,
      [
        '--conditions=@postern/source',
        join(import.meta.dirname, '../src/main.ts'),
        inventory,
        join(files.folder, 'h.json'),
      ],
      { encoding: 'utf8' },
    );
  const { status, stdout } = run();
  expect(stdout).toMatch(
    /^1 hosts, 0 findings, 1 not reached\nnot reached {2}mx1: 127\.0\.0\.1 port 9: .*ECONNREFUSED/,
  );
  expect(status).toBe(3);
});
