import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Configuration, ReportOptions } from '@postern/hardening';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';
import manifest from '../package.json' with { type: 'json' };

/**
 * Writes what an audit or a plan found as one HTML file.
 *
 * @throws CommandError when the file cannot be written
 */
export async function writeHtmlReport(
  io: Io,
  file: string,
  configuration: Configuration,
  options: ReportOptions,
): Promise<void> {
  const { reportAudit, toHtml } = await import('@postern/hardening');
  const footer = `Made by postern ${manifest.version} on ${new Date().toISOString().slice(0, 10)}.`;
  const page = toHtml(reportAudit(configuration, options), { footer });
  await writeFile(resolve(io.cwd, file), page).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError('usage', `--html ${file}: cannot be written: ${reason}`, { cause });
  });
}
