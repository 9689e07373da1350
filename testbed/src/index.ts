export { corpusDirectory, describeWith, findProgram, missing } from './requirements.ts';
export type { Requirement } from './requirements.ts';
export { startDaemon } from './daemon.ts';
export type { Daemon } from './daemon.ts';
export { median, pairedMedians } from './bench.ts';
export type { Bench, BenchRow } from './bench.ts';
export { runReadmeExample } from './readme.ts';
