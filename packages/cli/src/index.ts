export { runCommand } from './program.ts';
export type { Io } from './io.ts';
export type { ExitCode } from './exit.ts';
export { defineConfig } from './settings/config.ts';
export type { AllowedFinding, PosternConfig, TargetConfig, TargetSettings } from './settings/config.ts';
