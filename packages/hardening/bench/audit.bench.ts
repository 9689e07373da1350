import { cpus } from 'node:os';
import { audit } from '@postern/hardening';
import { missing, type Bench } from '@postern/testbed';
import { readCorpus } from '../test/hosts.ts';

const rounds = 3;
/** A full audit of all the files, in seconds. */
const limit = 10;

const bench: Bench = {
  title: 'A full audit of real configurations',
  about:
    'Every rule on every file of a folder of real configurations, each as a host of its own, read from disk in the run; one process, the slowest of three rounds. The processor time of the process counts all its threads.',
  async *run() {
    const reason = missing('corpus');
    if (reason !== undefined) throw new Error(reason);
    const runs: { files: number; findings: number; wall: number; processor: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = process.cpuUsage();
      const start = performance.now();
      const hosts = readCorpus();
      let findings = 0;
      for (const { host } of hosts) findings += audit(host).length;
      const wall = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(before);
      runs.push({ files: hosts.length, findings, wall, processor: (user + system) / 1e6 });
    }
    const slowest = runs.toSorted((a, b) => b.wall - a.wall)[0]!;
    yield {
      work: `${slowest.files} files, ${slowest.findings} findings`,
      ours: `${slowest.wall.toFixed(2)} s (processor ${slowest.processor.toFixed(2)} s)`,
      peer: `limit ${limit} s on ${cpus().length} cores`,
      ratio: `${(limit / slowest.wall).toFixed(1)} × faster`,
      target: `< ${limit} s`,
      met: slowest.wall < limit,
    };
  },
};

export default bench;
