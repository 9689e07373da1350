import type { InventoryPlace, InventoryProblem } from './problem.ts';
import { expandRanges } from './ranges.ts';

/** A value as an inventory has it, and where. */
export interface Setting {
  readonly value: unknown;
  readonly at: InventoryPlace;
  /** How the inventory calls it. */
  readonly key: string;
}

export type Settings = ReadonlyMap<string, Setting>;

interface Group {
  readonly settings: Map<string, Setting>;
  readonly children: Map<string, InventoryPlace>;
  readonly hosts: Set<string>;
  /** Where it is defined; undefined for one that is only spoken of. */
  at: InventoryPlace | undefined;
}

interface HostEntry {
  readonly at: InventoryPlace;
  readonly settings: Map<string, Setting>;
}

/** What an inventory says, before it is known what of it holds for a host: hosts and groups, each with settings of its own. */
export class Layers {
  readonly problems: InventoryProblem[] = [];
  readonly hosts: Map<string, HostEntry> = new Map();
  readonly #groups = new Map<string, Group>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  complain(
    level: InventoryProblem['level'],
    code: InventoryProblem['code'],
    at: InventoryPlace,
    message: string,
    advice: string,
  ): void {
    this.problems.push({ level, code, at, message, advice });
  }

  /** Adds the hosts that a pattern stands for. @returns their names; none, with a problem noted, for what is no name */
  addHosts(pattern: string, at: InventoryPlace, group?: string): readonly string[] {
    const names = expandRanges(pattern, this.#most);
    if ('problem' in names) {
      const code = names.problem.includes('more than') ? 'too-many-hosts' : 'bad-range';
      this.complain('error', code, at, names.problem, 'Write it as mail[01:20] or mx-[a:f].');
      return [];
    }
    const bad = names.find((name) => !/^[^\s/@,;:"'\\-][^\s/@,;"'\\]*$/.test(name));
    if (bad !== undefined) {
      this.complain(
        'error',
        'bad-entry',
        at,
        `${JSON.stringify(bad)} is no name of a host`,
        'Write a name or an address; the user and other settings have keys of their own.',
      );
      return [];
    }
    for (const name of names) {
      if (!this.hosts.has(name)) {
        if (this.hosts.size >= this.#most) {
          this.complain(
            'error',
            'too-many-hosts',
            at,
            `there are more than ${this.#most} hosts`,
            'Split the inventory, or raise maxHosts.',
          );
          return [];
        }
        this.hosts.set(name, { at, settings: new Map() });
      }
      if (group !== undefined) this.group(group, at).hosts.add(name);
    }
    return names;
  }

  setForHost(host: string, key: string, setting: Setting): void {
    this.hosts.get(host)?.settings.set(key, setting);
  }

  /** A group, made where it is not there yet; `at` says that this is where it is defined. */
  group(name: string, at?: InventoryPlace): Group {
    let group = this.#groups.get(name);
    if (!group) {
      group = { at, settings: new Map(), children: new Map(), hosts: new Set() };
      this.#groups.set(name, group);
    }
    group.at ??= at;
    return group;
  }

  /** Every group but those that hold everything, with all its hosts: its own and those of its children. */
  members(): Map<string, readonly string[]> {
    const all = new Map<string, readonly string[]>();
    for (const name of this.#groups.keys()) {
      if (name === 'all' || name === 'ungrouped') continue;
      const hosts = new Set<string>();
      for (const each of this.#under(name)) for (const host of this.#groups.get(each)!.hosts) hosts.add(host);
      all.set(name, [...hosts]);
    }
    return all;
  }

  /** Notes what cannot be among the groups, and cuts circles where they close. */
  checkGroups(): void {
    for (const [name, group] of this.#groups) {
      for (const [child, at] of group.children) {
        if (this.#groups.get(child)?.at === undefined) {
          this.complain(
            'error',
            'unknown-group',
            at,
            `${name} has the group ${child} among its children, and there is no such group`,
            'Mind the spelling, or define it.',
          );
          group.children.delete(child);
        } else if (this.#under(child).has(name)) {
          this.complain(
            'error',
            'group-circle',
            at,
            `${name} has ${child} among its children, which has ${name} among its own`,
            'Take one of the two out.',
          );
          group.children.delete(child);
        }
      }
    }
  }

  /** The settings of a host: those of all, then of its groups from the outermost in, then its own. */
  settingsOf(host: string, groups: readonly string[]): Settings {
    const outermostFirst = groups.toSorted((a, b) => this.#depth(a) - this.#depth(b) || (a < b ? -1 : 1));
    const layers = ['all', ...outermostFirst].map((name) => this.#groups.get(name)?.settings ?? []);
    return new Map([...layers, this.hosts.get(host)?.settings ?? []].flatMap((layer) => [...layer]));
  }

  /** A group and all groups below it. */
  #under(name: string): Set<string> {
    const found = new Set<string>();
    const rest = [name];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      if (found.has(next) || !this.#groups.has(next)) continue;
      found.add(next);
      rest.push(...this.#groups.get(next)!.children.keys());
    }
    return found;
  }

  readonly #depths = new Map<string, number>();

  #depth(name: string): number {
    const known = this.#depths.get(name);
    if (known !== undefined) return known;
    const parents = [...this.#groups].filter(([, { children }]) => children.has(name));
    const depth = 1 + Math.max(0, ...parents.map(([parent]) => this.#depth(parent)));
    this.#depths.set(name, depth);
    return depth;
  }
}
