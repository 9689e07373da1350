import {
  defaultOf,
  defaultUnit,
  effective,
  findService,
  parameter,
  parseDuration,
  parseMain,
  parseMaster,
  satisfies,
  serviceOf,
  type Effective,
  type Service,
} from '@postern/config';

/** A configuration as text, and the Postfix that reads it. */
export interface Configuration {
  readonly main: string;
  readonly master: string;
  /** For example `3.7.11`. */
  readonly version: string;
}

/** What a configuration sets, in numbers. */
export class Settings {
  readonly version: string;
  readonly services: readonly Service[];
  readonly #effective: Effective;

  constructor({ main, master, version }: Configuration) {
    const tree = parseMaster(master);
    this.version = version;
    this.#effective = effective({ main: parseMain(main), master: tree, version });
    this.services = tree.entries.flatMap((entry) =>
      entry.type === 'service' && findService(tree, entry.name, entry.serviceType) === entry
        ? [serviceOf(entry)]
        : [],
    );
  }

  /** The text that Postfix works with, outside of stress; undefined where the version has no such parameter. */
  text(name: string): string | undefined {
    return this.#effective.get(name)?.value ?? undefined;
  }

  raw(name: string): string | undefined {
    return this.#effective.get(name)?.raw;
  }

  isSet(name: string): boolean {
    return this.#effective.names.includes(name);
  }

  number(name: string): number | undefined {
    const text = this.text(name)?.trim() ?? '';
    return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  }

  seconds(name: string): number | undefined {
    const text = this.text(name)?.trim();
    return text === undefined ? undefined : parseDuration(text, defaultUnit(defaultOf(name, this.version)));
  }

  /** Whether the value is what the version has by itself. */
  isDefault(name: string): boolean {
    const own = defaultOf(name, this.version);
    const unit = defaultUnit(own);
    const text = this.text(name);
    if (own === undefined || text === undefined) return false;
    const [a, b] = [parseDuration(own, unit), parseDuration(text, unit)];
    return own === this.raw(name) || (a !== undefined && a === b);
  }

  /** The release since which the version's default is what it is; undefined where it always was, or has none. */
  defaultSince(name: string): string | undefined {
    const [first, ...later] = parameter(name)?.defaults ?? [];
    const own = defaultOf(name, this.version);
    const step = later.findLast(({ since, value }) => value === own && satisfies(this.version, `>=${since}`));
    return step?.since ?? (first?.value === own ? parameter(name)?.since : undefined);
  }

  /** The service that takes mail from the internet: smtpd(8) on port 25, or behind postscreen(8). */
  get smtpd(): Service | undefined {
    const program = (service: Service): string => service.command.split('/').at(-1) ?? '';
    return (
      this.services.find((service) => service.type === 'pass' && program(service) === 'smtpd') ??
      this.services.find(
        (service) =>
          service.type === 'inet' && /(^|:)(smtp|25)$/.test(service.name) && program(service) === 'smtpd',
      )
    );
  }

  service(name: string): Service | undefined {
    return this.services.find((service) => service.name === name && service.type === 'unix');
  }

  /** Most processes of a service; Infinity for none. */
  processLimit(service: Service | undefined): number | undefined {
    const limit = service?.maxproc ?? this.number('default_process_limit');
    return limit === 0 ? Infinity : limit;
  }
}

/** The nearest value that Postfix accepts. */
export function legal(name: string, value: number, version: string): number {
  const { min = 0, max = 2_147_483_647 } = parameter(name, version)?.bounds ?? {};
  return Math.min(Math.max(Math.round(value), min), max);
}
