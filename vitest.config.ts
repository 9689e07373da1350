import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** One run over every package: one summary, one pool of workers. Packages resolve to their sources, so no build is needed. */
const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ['@postern/source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['@postern/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['{packages,examples}/*/test/**/*.test.ts', '{testbed,scripts,docs}/test/**/*.test.ts'],
    reporters: ['default', './scripts/summary-reporter.ts', './scripts/stuck-reporter.ts'],
    pool: 'forks',
    // Much of the time is spent waiting for real servers: two at once even where there are two cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    // A machine that runs many jobs may stall a real server once; the report shows every second try.
    retry: process.env['CI'] ? 1 : 0,
    hookTimeout: 120_000,
  },
});

export default config;
