/**
 * Draws findings on real files at random, to be judged by hand for docs/findings-checked.md.
 *
 *     node --conditions=@postern/source scripts/sample-findings.ts [--seed 20261124] [--count 30] [--postfix 3.7.11]
 *
 * The files are those of the corpus, each with the common other file of the tests beside it, in the order of its index;
 * the findings of each are in the order of the audit, without those in the file beside it. The generator (mulberry32) picks among all that are left.
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '@postern/testbed';
import { audit } from '../packages/hardening/src/index.ts';
import { readCorpus } from '../packages/hardening/test/hosts.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '20261124' },
    count: { type: 'string', default: '30' },
    postfix: { type: 'string', default: '3.7.11' },
  },
});

const left = readCorpus(values.postfix).flatMap(({ name, host }) =>
  audit(host)
    .filter(({ at }) => at && name.startsWith(at.file.replace('.cf', '/')))
    .map((finding) => ({ file: name, ...finding })),
);
console.log(`${left.length} findings; seed ${values.seed}`);
const random = seededRandom(Number(values.seed));
for (let number = 1; number <= Number(values.count) && left.length > 0; number++) {
  const [{ rule, level, confidence, file, at, message }] = left.splice(
    Math.floor(random() * left.length),
    1,
  ) as [(typeof left)[0]];
  console.log(
    `${number}. ${rule} ${level}, ${confidence}: ${file} (${at?.file}:${at?.line}:${at?.column}): ${message}`,
  );
}
