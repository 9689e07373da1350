import type { Duplex } from 'node:stream';

/** A machine that commands run on and files are on. */
export interface Host extends AsyncDisposable {
  /** How messages name it. */
  readonly name: string;
  /**
   * Runs a program to its end. Never through a shell unless a `script` is given.
   *
   * Resolves for any exit status. @throws ControllerError when the command could not be started, or when how it
   * ended is not known (`timeout`, `outcome-unknown`, `too-much-output`); the signal's reason when it was aborted
   */
  run(command: Command, options?: RunOptions): Promise<Outcome>;
  /** The bytes of a file; undefined where there is none. @throws ControllerError `unreadable`, `too-large` */
  readFile(path: string, options?: ReadOptions): Promise<Buffer | undefined>;
  /** Writes a file in one step, beside the old one and then in its place. @throws ControllerError `write-failed` */
  writeFile(path: string, bytes: Uint8Array | string, options?: WriteOptions): Promise<void>;
  /** Opens a TCP connection from the machine itself, where the driver can. */
  readonly dial?: (address: string, port: number) => Promise<Duplex>;
  /** Opens a TCP connection to the machine from here, where nothing stands in between. */
  readonly reach?: (port: number) => Promise<Duplex>;
  /** Another connection to the same machine, for a fresh look after this one broke. */
  readonly reopen?: () => Promise<Host>;
  close(): Promise<void>;
}

/** A program with its arguments, or text for the machine's sh. */
export type Command = readonly [program: string, ...args: string[]] | Script;

/** Text for a POSIX shell; `args` are its `$1`, `$2` … and never become part of the text. */
export interface Script {
  readonly script: string;
  readonly args?: readonly string[];
}

export interface RunOptions {
  readonly stdin?: Uint8Array | string;
  /** Stops waiting and kills what can be killed. */
  readonly signal?: AbortSignal;
  /** Milliseconds; 120 000 by default. */
  readonly timeout?: number;
  /** The most bytes of output, each of stdout and stderr; 16 MiB by default. */
  readonly limit?: number;
  /** As root: through sudo where the user is not root already. */
  readonly asRoot?: boolean;
  /** What arrives on stdout, as it arrives. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Does not keep stdout: it goes to `onOutput` alone, and the outcome's is empty. The limit holds all the same. */
  readonly passOn?: boolean;
}

/** How a command ended. */
export interface Outcome {
  /** Its exit status; 128 and the number of the signal that ended it, as a shell says it. */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ReadOptions {
  /** The most bytes; 16 MiB by default. */
  readonly limit?: number;
  readonly asRoot?: boolean;
}

export interface WriteOptions {
  /** Permission bits of the file; 0o644 by default. */
  readonly mode?: number;
  readonly asRoot?: boolean;
}

export const defaultTimeout = 120_000;
export const defaultOutputLimit: number = 16 * 2 ** 20;
