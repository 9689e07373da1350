import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText } from '@postern/config';
import { harden, type Configuration, type HardenOptions } from '@postern/hardening';
import { applyPlan, type Plan } from '@postern/plan';
import { corpusDirectory } from '@postern/testbed';

/** A configuration whose files are text. */
export interface TextHost extends Configuration {
  readonly main: string;
  readonly master: string;
}

const example = join(import.meta.dirname, '../../../examples/quickstart/host');
const fixtures = join(import.meta.dirname, 'fixtures');

/** The host of the quickstart: the guide's lines in a Debian default. */
export const exampleHost: TextHost = {
  main: readFileSync(join(example, 'main.cf'), 'utf8'),
  master: readFileSync(join(example, 'master.cf'), 'utf8'),
  version: '3.7.11',
};

/** A host with nothing but a name. */
export const plainHost: TextHost = {
  main: 'myhostname = mx.example.com\nmydestination = example.com\ncompatibility_level = 3.6\n',
  master: readFileSync(join(fixtures, 'master.cf'), 'utf8'),
  version: '3.7.11',
};

/** A host with other lines in main.cf, and others at the end of master.cf. */
export function hostWith(main: string, master = '', version = '3.7.11'): TextHost {
  return {
    ...plainHost,
    main: `${plainHost.main}${main}`,
    master: `${plainHost.master}${master}`,
    version,
  };
}

/** The same host after the plan. */
export function hardened(host: TextHost, options: HardenOptions = { profile: 'internet-mx' }): TextHost {
  return applied(host, harden(host, options));
}

/** The host with the changes of a plan. */
export function applied(host: TextHost, plan: Plan): TextHost {
  const files = { 'main.cf': host.main, 'master.cf': host.master };
  const after = applyPlan(files, plan);
  return { ...host, main: after['main.cf']!, master: after['master.cf']! };
}

/** A real file of somebody's, with the verdict of Postfix 3.7.11. */
export interface CorpusHost {
  readonly name: string;
  readonly accepted: boolean;
  readonly host: TextHost;
}

/** Every file of the corpus, each with the common other file beside it. */
export function readCorpus(version = '3.7.11'): CorpusHost[] {
  const index = JSON.parse(readFileSync(join(corpusDirectory, 'index.json'), 'utf8')) as {
    kind: 'main' | 'master';
    file: string;
    postconf_3_7_11: { rc: number };
  }[];
  return index.map(({ kind, file, postconf_3_7_11: verdict }) => ({
    name: file,
    accepted: verdict.rc === 0,
    host: { ...plainHost, version, [kind]: decodeText(readFileSync(join(corpusDirectory, file))) },
  }));
}
