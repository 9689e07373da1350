import { spawn } from 'node:child_process';
import { createWriteStream, fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io } from './io.ts';

/** One JSON object a line, for programs that run on their own. */
export interface LineLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  close(): Promise<void>;
}

/**
 * Opens a log.
 *
 * @param where  `stderr`, `syslog` (through logger(1), facility mail), `none`, or a file that is appended to
 */
export function openLineLog(io: Io, where: string, tag: string): LineLog {
  if (where === 'none') return silence;
  const sink = openSink(io, where, tag);
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      sink.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error'), close: () => sink.close() };
}

const silence: LineLog = { info() {}, warn() {}, error() {}, close: () => Promise.resolve() };

/**
 * Where a log goes unless told: standard error, but syslog where that is the same stream as standard output. spawn(8)
 * connects both to smtpd, and a log line between answers would break the protocol.
 */
export function defaultLog(): 'stderr' | 'syslog' {
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)];
    return !err.isCharacterDevice() && out.dev === err.dev && out.ino === err.ino ? 'syslog' : 'stderr';
  } catch {
    return 'stderr';
  }
}

function openSink(io: Io, where: string, tag: string): { write(line: string): void; close(): Promise<void> } {
  switch (where) {
    case 'stderr':
      return { write: (line) => io.err(line), close: () => Promise.resolve() };
    case 'syslog': {
      const logger = spawn('logger', ['--id', '-t', tag, '-p', 'mail.info'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      // Without logger(1) there is nobody to tell.
      logger.on('error', () => {});
      logger.stdin.on('error', () => {});
      return {
        write: (line) => void logger.stdin.write(line),
        close: async () => void logger.stdin.end(),
      };
    }
    default: {
      const file = createWriteStream(resolve(io.cwd, where), { flags: 'a', mode: 0o640 });
      file.on('error', (error) => io.err(`postern: the log cannot be written: ${error.message}\n`));
      return {
        write: (line) => void file.write(line),
        close: () => new Promise((done) => file.end(() => done())),
      };
    }
  }
}
