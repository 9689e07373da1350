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
// Members stand as they are declared, whichever part of the program the compiler looked at first.
const program = ts.createProgram([join(root, 'src/main.ts')], { ...options, stableTypeOrdering: true });
const checker = program.getTypeChecker();

const prints = program.getSourceFiles().flatMap((file) => {
  const path = relative(join(root, 'src'), file.fileName);
  return path.startsWith('..') || path === 'io.ts'
    ? []
    : printedIn(file).map((expression) => ({ path, expression, used: false }));
});

const style = (await resolveConfig(join(folder, 'config.json'))) ?? {};
for (const [command, places] of Object.entries(sources)) {
  const found = places.flatMap(([path, words = '', form]) => {
    const here = prints.filter((each) => each.path === path && each.expression.getText().includes(words));
    if (here.length === 0) throw new Error(`${command}: ${path} prints no JSON with "${words}" in it`);
    for (const each of here) each.used = true;
    return here.map(({ expression }) => ({ expression, form }));
  });
  const { schemaOf, definitions } = schemaMaker(checker);
  const schemas = found.map(({ expression, form }) => {
    const schema = schemaOf(checker.getTypeAtLocation(expression));
    return form === 'item' ? { type: 'array', items: schema } : schema;
  });
  const unique = [...new Map(schemas.map((each) => [JSON.stringify(each), each])).values()];
  const schema: Schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `postern ${command}${command.includes('--') ? '' : ' --json'}${found.some(({ form }) => form === 'line') ? ', each line' : ''}`,
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

/** What each `printJson(io, …)` of a file prints, and each `JSON.stringify(…)` within an `io.out(…)`. */
function printedIn(file: ts.SourceFile): ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node, isPrinted: boolean): void => {
    const called = ts.isCallExpression(node) ? node.expression.getText(file) : undefined;
    if (ts.isCallExpression(node)) {
      if (called === 'printJson' && node.arguments[1]) found.push(node.arguments[1]);
      if (called === 'JSON.stringify' && isPrinted && node.arguments[0]) found.push(node.arguments[0]);
    }
    ts.forEachChild(node, (each) => visit(each, isPrinted || called === 'io.out'));
  };
  visit(file, false);
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
