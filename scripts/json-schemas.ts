/**
 * Writes packages/cli/schema: the JSON Schema of what each command prints with --json, made from the types of the
 * expressions that it prints. So it cannot say anything else than the code does.
 *
 *     node --conditions=@postern/source scripts/json-schemas.ts            writes them
 *     node --conditions=@postern/source scripts/json-schemas.ts --check    writes nothing; exit 1 when one is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { format, resolveConfig } from 'prettier';
import { schemaMaker, type Schema } from './json-schemas/schema-of.ts';
import { sources } from './json-schemas/sources.ts';

const root = join(import.meta.dirname, '../packages/cli');
const folder = join(root, 'schema');

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
  config: unknown;
};
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram([join(root, 'src/main.ts')], options);
const checker = program.getTypeChecker();

const prints = program.getSourceFiles().flatMap((file) => {
  const path = relative(join(root, 'src'), file.fileName);
  return path.startsWith('..')
    ? []
    : printedIn(file).map((expression) => ({ path, expression, used: false }));
});

const style = (await resolveConfig(join(folder, 'config.json'))) ?? {};
for (const [command, places] of Object.entries(sources)) {
  const found = places.flatMap(([path, words = '']) => {
    const here = prints.filter((each) => each.path === path && each.expression.getText().includes(words));
    if (here.length === 0) throw new Error(`${command}: ${path} prints no JSON with "${words}" in it`);
    return here;
  });
  for (const each of found) each.used = true;
  const { schemaOf, definitions } = schemaMaker(checker);
  const schemas = found.map(({ expression }) => schemaOf(checker.getTypeAtLocation(expression)));
  const unique = [...new Map(schemas.map((each) => [JSON.stringify(each), each])).values()];
  const schema: Schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `postern ${command}${command.includes('--') ? '' : ' --json'}`,
    ...(unique.length === 1 ? unique[0] : { anyOf: unique }),
    ...(Object.keys(definitions).length > 0 && { $defs: definitions }),
  };
  await put(`${command.replaceAll(/[ -]+/g, '-')}.json`, schema);
}
for (const { path, expression, used } of prints) {
  if (used) continue;
  console.error(
    `packages/cli/src/${path} prints ${expression.getText()}: name its command in scripts/json-schemas/sources.ts`,
  );
  process.exitCode = 1;
}

/** What each `printJson(io, …)` of a file prints. */
function printedIn(file: ts.SourceFile): ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(file) === 'printJson' && node.arguments[1])
      found.push(node.arguments[1]);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

async function put(name: string, schema: Schema): Promise<void> {
  const path = join(folder, name);
  const text = await format(JSON.stringify(schema), { ...style, filepath: path });
  const isSame = ts.sys.fileExists(path) && readFileSync(path, 'utf8') === text;
  if (isSame) return;
  if (process.argv.includes('--check')) {
    console.error(
      `packages/cli/schema/${name} is out of date; run node --conditions=@postern/source scripts/json-schemas.ts`,
    );
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    console.log(name);
  }
}
