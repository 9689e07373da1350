/**
 * Audits every host of an inventory and keeps the history. For a timer at night:
 *
 *     node src/main.ts hosts.ini history.json
 *
 * Ends with 1 when something new was found, and with 3 when a host could not be looked at.
 */
import { connectTo, printProblem, readInventory } from '@postern/fleet';
import { auditFleet, compareNights, readHistory, writeHistory } from './fleet-audit.ts';

const [inventoryFile, historyFile] = process.argv.slice(2);
if (inventoryFile === undefined || historyFile === undefined) {
  console.error('usage: node src/main.ts INVENTORY HISTORY.json');
  process.exit(2);
}
const { hosts, problems } = await readInventory(inventoryFile);
for (const problem of problems) console.error(printProblem(problem));

const nights = await readHistory(historyFile);
const night = await auditFleet(hosts, (host) => connectTo(host));
await writeHistory(historyFile, [...nights, night]);

const { appeared, gone } = compareNights(nights.at(-1), night);
const unreached = Object.entries(night.unreached);
const count = Object.values(night.findings).flat().length;
console.log(`${hosts.length} hosts, ${count} findings, ${unreached.length} not reached`);
for (const finding of appeared) console.log(`new   ${finding}`);
for (const finding of gone) console.log(`gone  ${finding}`);
for (const [host, why] of unreached) console.log(`not reached  ${host}: ${why}`);
process.exitCode = appeared.length > 0 ? 1 : unreached.length + problems.length > 0 ? 3 : 0;
