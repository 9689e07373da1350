/**
 * Stops a merge that brings new defects into a Postfix configuration.
 *
 *     node src/main.ts FOLDER [--baseline FILE] [--sarif FILE]
 *
 * Exit code 0: nothing new. 1: new errors. 2: the folder cannot be read.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { audit, toSarif } from '@postern/hardening';
import { newErrors } from './new-errors.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    baseline: { type: 'string' },
    sarif: { type: 'string' },
    postfix: { type: 'string', default: '3.7.11' },
  },
});
const folder = positionals[0] ?? '';
if (!existsSync(join(folder, 'main.cf'))) {
  console.error(
    `${folder || 'no folder'}: there is no main.cf here; name the folder with main.cf and master.cf`,
  );
  process.exit(2);
}
const findings = audit({
  main: readFileSync(join(folder, 'main.cf'), 'utf8'),
  master: readFileSync(join(folder, 'master.cf'), 'utf8'),
  version: values.postfix,
});
if (values.sarif !== undefined)
  writeFileSync(values.sarif, JSON.stringify(toSarif(findings, { version: '1' })));

const accepted = values.baseline === undefined ? '[]' : readFileSync(values.baseline, 'utf8');
const fresh = newErrors(findings, accepted);
for (const { rule, at, message } of fresh)
  console.log(`${at?.file ?? folder}:${at?.line ?? 1}: ${message} [${rule}]`);
console.log(`${findings.length} findings, ${fresh.length} of them new errors`);
process.exitCode = fresh.length === 0 ? 0 : 1;
