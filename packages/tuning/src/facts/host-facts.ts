import type { ProbeProblem } from '../probe/sections.ts';
import type { Fact } from './fact.ts';

/** What a host is, as far as the probe could tell. Bytes, seconds and shares of 1 throughout. Plain JSON data. */
export interface HostFacts {
  readonly probe: {
    /** Seconds since 1970 on the host's clock. */
    readonly time: Fact<number>;
    readonly root: Fact<boolean>;
    readonly problems: readonly ProbeProblem[];
  };
  readonly system: {
    readonly kernel: Fact<string>;
    readonly distribution: Fact<string>;
    readonly uptime: Fact<number>;
  };
  readonly virtualisation: Virtualisation;
  readonly cpu: Cpu;
  readonly memory: Memory;
  readonly pressure: Readonly<Record<'cpu' | 'io' | 'memory', Fact<Pressure>>>;
  /** user_beancounters of OpenVZ and Virtuozzo, by resource. */
  readonly beancounters: Fact<Readonly<Record<string, Beancounter>>>;
  readonly disks: Fact<readonly Disk[]>;
  readonly raid: Fact<readonly RaidArray[]>;
  readonly queue: QueuePlace;
  readonly limits: Limits;
  /** Kernel settings by their dotted name. */
  readonly sysctl: Readonly<Record<string, Sysctl>>;
  readonly network: Network;
  readonly clock: {
    readonly source: Fact<string>;
    readonly synchronised: Fact<boolean>;
    readonly daemons: readonly string[];
  };
  readonly resolver: { readonly servers: Fact<readonly string[]>; readonly local: Fact<boolean> };
  readonly postfix: PostfixFacts;
}

export type MachineKind =
  | 'bare-metal'
  | 'kvm'
  | 'qemu'
  | 'xen-hvm'
  | 'xen-pv'
  | 'vmware'
  | 'hyper-v'
  | 'firecracker'
  | 'amazon-ec2'
  | 'virtualbox'
  | 'other-vm';

export type ContainerKind =
  'none' | 'openvz' | 'virtuozzo' | 'lxc' | 'docker' | 'podman' | 'systemd-nspawn' | 'unshare' | 'other';

export interface Virtualisation {
  readonly machine: Fact<MachineKind>;
  readonly container: Fact<ContainerKind>;
  /** Whether user ids are mapped: root here is not root of the host. */
  readonly rootless: Fact<boolean>;
  /** Everything that speaks for or against, as it was read. */
  readonly evidence: readonly string[];
}

export interface Cpu {
  /** Processors that this system may use. */
  readonly count: Fact<number>;
  /** CPU time a second that a cgroup allows, in processors. */
  readonly quota: Fact<number>;
  /** The least of both. */
  readonly usable: Fact<number>;
  readonly model: Fact<string>;
  /** Since boot, as shares of all CPU time. */
  readonly steal: Fact<number>;
  readonly iowait: Fact<number>;
  /** 1, 5 and 15 minutes. */
  readonly load: Fact<readonly [number, number, number]>;
}

export interface Memory {
  readonly total: Fact<number>;
  readonly available: Fact<number>;
  /** What a cgroup or a beancounter allows. */
  readonly limit: Fact<number>;
  /** What may still be used: the least of what is available and what the limit leaves. */
  readonly usable: Fact<number>;
  /** Memory that a beancounter allows for a while only, beyond what it guarantees. */
  readonly burst: Fact<number>;
  readonly swapTotal: Fact<number>;
  readonly swapFree: Fact<number>;
  /** Pages swapped in and out since boot. */
  readonly swapped: Fact<number>;
}

/** Share of time (0 to 1) in which some or all tasks waited, over 10, 60 and 300 seconds. */
export interface Pressure {
  readonly some: readonly [number, number, number];
  readonly full: readonly [number, number, number];
}

export interface Beancounter {
  readonly held: number;
  readonly barrier: number;
  readonly limit: number;
  readonly failures: number;
}

export interface Disk {
  readonly name: string;
  /** What the kernel believes; a virtual disk may say anything: measure. */
  readonly rotational: boolean | undefined;
  readonly scheduler: string | undefined;
  readonly writeCache: 'write back' | 'write through' | undefined;
  readonly model: string | undefined;
  readonly bytes: number | undefined;
  /** Since boot: writes, and milliseconds spent on them. */
  readonly writes: number | undefined;
  readonly writeMilliseconds: number | undefined;
}

export interface RaidArray {
  readonly name: string;
  readonly level: string;
  readonly devices: number;
  readonly working: number;
  readonly rebuilding: boolean;
}

export interface QueuePlace {
  readonly directory: Fact<string>;
  readonly device: Fact<string>;
  readonly disks: readonly string[];
  readonly fileSystem: Fact<string>;
  readonly mountPoint: Fact<string>;
  readonly options: Fact<readonly string[]>;
  readonly freeBytes: Fact<number>;
  readonly freeInodes: Fact<number>;
  /** Messages by queue; at 100 000 counting stops. */
  readonly messages: Readonly<Record<QueueName, Fact<number>>>;
}

export type QueueName = 'maildrop' | 'incoming' | 'active' | 'deferred' | 'hold' | 'corrupt';

export interface Limits {
  readonly openFiles: Fact<number>;
  readonly processes: Fact<number>;
  /** Of the running master(8). */
  readonly masterOpenFiles: Fact<number>;
  readonly masterProcesses: Fact<number>;
  /** Of a cgroup. */
  readonly cgroupProcesses: Fact<number>;
  readonly filesOpen: Fact<number>;
  readonly filesMost: Fact<number>;
}

export interface Sysctl {
  readonly value: string;
  /** Whether this user may write it; whether it is this host's own is another question (`sysctlScope`). */
  readonly writable: boolean;
}

export interface Network {
  readonly listenOverflows: Fact<number>;
  readonly listenDrops: Fact<number>;
  readonly synCookies: Fact<number>;
  readonly retransmitted: Fact<number>;
  readonly sent: Fact<number>;
  readonly inboundConnections: Fact<number>;
  readonly outboundConnections: Fact<number>;
  readonly timeWait: Fact<number>;
  /** Listening on ports 25, 465, 587: waiting connections by port. */
  readonly listening: readonly { readonly port: number; readonly waiting: number }[];
}

export interface PostfixFacts {
  readonly version: Fact<string>;
  readonly directory: Fact<string>;
  /** Settings that matter for tuning, as `postconf` prints them. */
  readonly settings: Readonly<Record<string, string>>;
  /** master.cf, one logical line for each service. */
  readonly services: Fact<readonly string[]>;
  /** Running programs that have to do with mail, by name. */
  readonly processes: Fact<Readonly<Record<string, number>>>;
  /** smtpd(8) processes that run under stress. */
  readonly stressed: Fact<number>;
}
