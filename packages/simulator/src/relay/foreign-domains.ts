import type { Host } from '../host/host.ts';
import type { TableReader } from '../match/match-list.ts';
import type { Transaction } from '../model/transaction.ts';
import { strangersDomain } from './obliging-resolver.ts';
import { isTopLevel } from './reach.ts';

/** How mail for others' domains passes where only mail for ours should. */
export interface ForeignDomains {
  readonly ways: readonly { readonly through: Partial<Transaction> | undefined; readonly because: string }[];
  /** Domains of tables that cannot be read here: somebody has put them there. */
  readonly granted: readonly string[];
}

/** Top-level domains of one parameter that are told by name: one is enough. */
const mostTold = 20;

const known = new WeakMap<Host, ForeignDomains>();

/** A table's value where it is known. */
export const readKnown: TableReader = (table, key) => {
  const found = table.lookup(key);
  return found.status === 'found' ? found.value : undefined;
};

/** Domains of others that the configuration takes for its own. */
export function foreignDomains(host: Host): ForeignDomains {
  let domains = known.get(host);
  if (!domains) known.set(host, (domains = findForeignDomains(host)));
  return domains;
}

function findForeignDomains({ settings, resolving }: Host): ForeignDomains {
  const ways: ForeignDomains['ways'][number][] = [];
  const granted: string[] = [];
  if (settings.flag('allow_untrusted_routing')) {
    const because = 'allow_untrusted_routing lets mail for user%elsewhere at a domain of ours pass';
    ways.push({ through: undefined, because });
  }
  const classes = {
    mydestination: resolving.mydestination,
    relay_domains: resolving.relayDomains,
    virtual_alias_domains: resolving.virtualAliasDomains,
    virtual_mailbox_domains: resolving.virtualMailboxDomains,
  };
  for (const [parameter, list] of Object.entries(classes)) {
    const match = list.match(strangersDomain, undefined, readKnown);
    if (match.status === 'match')
      ways.push({ through: {}, because: `${parameter} takes every domain for ours, by ${match.pattern}` });
    const topLevel: string[] = [];
    for (const table of list.tables) {
      const content = table.content();
      if (content.type === 'elsewhere') granted.push(`domains of ${table.name}`);
      if (content.type === 'patterns') {
        const because = `a pattern of ${table.name} in ${parameter} may take foreign domains for ours`;
        ways.push({ through: undefined, because });
      }
      if (content.type === 'entries')
        for (const { key } of content.entries) if (isTopLevel(key)) topLevel.push(key);
    }
    if (parameter === 'relay_domains')
      for (const pattern of list.patterns) if (isTopLevel(pattern)) topLevel.push(pattern);
    for (const name of topLevel.slice(0, mostTold))
      ways.push({
        through: { to: [`victim@x.${name.replace(/^\./, '')}`] },
        because: `${parameter} has ${name}`,
      });
  }
  return { ways, granted };
}
