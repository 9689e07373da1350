/** A failure in place of an answer. */
export type Failure = 'SERVFAIL' | 'REFUSED' | 'TIMEOUT';

/** The records of one name, by type. */
export interface Records {
  readonly A?: readonly string[] | Failure;
  readonly AAAA?: readonly string[] | Failure;
  readonly PTR?: readonly string[] | Failure;
  readonly CNAME?: readonly string[] | Failure;
  readonly NS?: readonly string[] | Failure;
  readonly MX?: readonly { readonly preference: number; readonly exchange: string }[] | Failure;
  /** Each record a list of strings. */
  readonly TXT?: readonly (readonly string[])[] | Failure;
}

/**
 * All of the DNS that a test wants there to be, in the form of the command line's `--dns FILE`, by lower-case name.
 * `*.example.com` answers for every name below example.com that is not there; any other name does not exist.
 */
export type DnsWorld = Readonly<Record<string, Records | Failure>>;

export type Answer =
  | {
      readonly status: 'found';
      readonly records: readonly (readonly [name: string, type: string, data: unknown])[];
    }
  | { readonly status: 'nodata' | 'nxdomain' | 'servfail' | 'refused' | 'timeout' };

/** What the world answers, following aliases. */
export function answer(world: DnsWorld, name: string, type: string): Answer {
  const records: [string, string, unknown][] = [];
  for (let asked = name.toLowerCase(), steps = 0; steps < 10; steps++) {
    const found = recordsOf(world, asked);
    if (typeof found === 'string') return failure(found);
    if (!found) return { status: records.length === 0 && !exists(world, asked) ? 'nxdomain' : 'nodata' };
    const wanted = found[type as keyof Records];
    if (typeof wanted === 'string') return failure(wanted);
    if (wanted !== undefined && wanted.length > 0) {
      return {
        status: 'found',
        records: [...records, ...wanted.map((data) => [asked, type, data] as const)],
      };
    }
    const alias = found.CNAME;
    if (typeof alias === 'string') return failure(alias);
    if (!alias?.[0]) return records.length > 0 ? { status: 'found', records } : { status: 'nodata' };
    records.push([asked, 'CNAME', alias[0]]);
    asked = alias[0].toLowerCase();
  }
  return { status: 'servfail' };
}

function failure(name: Failure): Answer {
  return { status: name.toLowerCase() as 'servfail' | 'refused' | 'timeout' };
}

/** The records of the name itself, else of the nearest wildcard above it (RFC 4592). */
function recordsOf(world: DnsWorld, name: string): Records | Failure | undefined {
  if (world[name] !== undefined) return world[name];
  if (exists(world, name)) return {};
  for (let parent = name; parent.includes('.');) {
    parent = parent.slice(parent.indexOf('.') + 1);
    const wildcard = world[`*.${parent}`];
    if (wildcard !== undefined) return wildcard;
    if (exists(world, parent)) return undefined;
  }
  return undefined;
}

/** Whether the name is there, if only because something below it is. */
function exists(world: DnsWorld, name: string): boolean {
  return world[name] !== undefined || Object.keys(world).some((other) => other.endsWith(`.${name}`));
}
