/**
 * Rebuilds the generated half of @postern/config's catalogue from packages/config/catalogue/*.json,
 * and holds it against `postconf -d` where Postfix is installed.
 *
 *     npm run catalogue                 rebuild, and say how the installed Postfix differs
 *     npm run catalogue -- --check      change nothing; exit 1 when a generated file is out of date
 *     npm run catalogue -- --adopt      take in the parameters and defaults that only the installed Postfix has
 *     npm run catalogue -- SURVEY       first take the parameters from a new survey of Postfix's sources
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adopt, compareWithInstalled, readInstalled } from './catalogue/installed.ts';
import { generate } from './catalogue/generate.ts';
import { applyCorrections, printParameters, readSurvey, type Source } from './catalogue/source.ts';

const folder = join(import.meta.dirname, '../packages/config');
const sources = join(folder, 'catalogue');
const generated = join(folder, 'src/catalogue/generated');

function readJson(name: string): any {
  return JSON.parse(readFileSync(join(sources, name), 'utf8'));
}

const { values: flags, positionals } = parseArgs({
  options: { check: { type: 'boolean' }, adopt: { type: 'boolean' } },
  allowPositionals: true,
});

let parameters: Source['parameters'] = positionals[0]
  ? readSurvey(JSON.parse(readFileSync(positionals[0], 'utf8')))
  : readJson('parameters.json');
const source = (): Source => ({
  parameters: applyCorrections(parameters, readJson('corrections.json')),
  kinds: readJson('kinds.json'),
  enums: readJson('enums.json'),
  restrictions: readJson('restrictions.json'),
  descriptions: readJson('descriptions.json'),
});

const installed = readInstalled();
if (installed) {
  const buildDefaults: Readonly<Record<string, string>> = readJson('build-defaults.json');
  const differences = compareWithInstalled(source(), installed, buildDefaults);
  for (const { name, message } of differences) console.log(`${name}: ${message}`);
  console.log(
    `postconf ${installed.version}: ${installed.defaults.size} parameters, ${differences.length} differ`,
  );
  if (flags.adopt) parameters = adopt(parameters, installed, differences);
} else {
  console.log('Postfix is not installed here: the catalogue is rebuilt from its sources alone.');
}

const stale: string[] = [];
function put(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  stale.push(path);
  if (!flags.check) writeFileSync(path, text);
}

mkdirSync(generated, { recursive: true });
if (positionals[0] || flags.adopt) put(join(sources, 'parameters.json'), printParameters(parameters));
for (const [name, text] of Object.entries(generate(source()))) put(join(generated, name), text);
for (const path of stale) console.log(`${flags.check ? 'out of date' : 'written'}: ${path}`);
if (flags.check && stale.length > 0) process.exitCode = 1;
