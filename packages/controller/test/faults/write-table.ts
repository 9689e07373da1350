/**
 * Writes docs/faults.md from the cases that faults.test.ts runs.
 *
 *     node --conditions=@postern/source packages/controller/test/faults/write-table.ts
 */
import { writeFileSync } from 'node:fs';
import { faultCases, faultTable } from './cases.ts';

const text = `# What an apply survives

Each row is a test: a real sshd and a real Postfix on a machine of their own, one fault at one moment, ${faultCases.length} in all. Afterwards the host has all of the old or all of the new files, Postfix runs and takes mail, a stranger cannot relay, nobody holds the lock, nothing is left beside the files, and the next contact says truly what it found.

"Waits to be confirmed" means that the change is complete and in force; the test then rolls it back, and the watchdog on the host would have. "Cut short" means that the next apply or rollback undoes it first, or the watchdog, whoever comes first.

${faultTable()}
`;
writeFileSync(`${import.meta.dirname}/../../../../docs/faults.md`, text);
