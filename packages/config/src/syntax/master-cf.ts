import type { BlankLine, CommentLine, StrayEntry } from './main-cf.ts';
import type { PhysicalLine, Range } from './source.ts';

/** One master.cf file: everything in it, in order, so that printing gives the same bytes back. */
export interface MasterCf {
  readonly type: 'master-cf';
  readonly entries: readonly MasterEntry[];
}

export type MasterEntry = ServiceEntry | CommentLine | BlankLine | StrayEntry;

export type ServiceType = 'inet' | 'unix' | 'fifo' | 'pass' | 'unix-dgram';

/** One service with the lines that continue it. Its fields are derived from the lines (`serviceOf`). */
export interface ServiceEntry {
  readonly type: 'service';
  /** First field: a service name, or for inet `host:port`, `port` or `[address]:port`. */
  readonly name: string;
  readonly serviceType: ServiceType;
  readonly lines: readonly PhysicalLine[];
  readonly range: Range;
}

/** The meaning of a service entry: master(5)'s eight columns and the arguments. Absent stands for `-`. */
export interface Service {
  readonly name: string;
  readonly type: ServiceType;
  readonly private?: boolean;
  readonly unprivileged?: boolean;
  readonly chroot?: boolean;
  /** Seconds; `ifUsed` is the `?` suffix. */
  readonly wakeup?: { readonly seconds: number; readonly ifUsed: boolean };
  /** Most processes at once; 0 is without limit. */
  readonly maxproc?: number;
  /** Program, relative to daemon_directory. */
  readonly command: string;
  /** Overrides of main.cf, in the order of `-o name=value`. */
  readonly options: readonly { readonly name: string; readonly value: string }[];
  /** What else follows the command, in order, without the `-o` overrides. */
  readonly arguments: readonly string[];
}
