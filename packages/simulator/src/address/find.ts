import type { Lookup, Table } from '../tables/table.ts';
import { bareAddress, type ExtensionRules } from './extension.ts';

/** Several tables that are asked in turn, the first that has the key decides. @see maps_find(3) */
export function findInTables(
  tables: readonly Table[],
  key: string,
  parts: 'whole' | 'part',
  read: (table: Table, key: string) => Lookup,
): Lookup {
  for (const table of tables) {
    if (parts === 'part' && !table.fixed) continue;
    const result = read(table, key);
    if (result.status !== 'absent') return result;
  }
  return { status: 'absent' };
}

export interface AddressRules {
  readonly extension: ExtensionRules;
  /** Whether mail for the domain is for the local host, or the domain is myorigin. */
  isLocal(domain: string): boolean;
}

/**
 * Looks a mail address up as most address tables are: `user+ext@domain`, `user@domain`, then for a local domain
 * `user+ext` and `user`, then `@domain`.
 *
 * @see mail_addr_find(3)
 */
export function findAddress(
  tables: readonly Table[],
  address: string,
  rules: AddressRules,
  read: (table: Table, key: string) => Lookup,
): Lookup {
  if (tables.length === 0) return { status: 'absent' };
  const whole = findInTables(tables, address, 'whole', read);
  if (whole.status !== 'absent') return whole;
  const keys: string[] = [];
  const bare = bareAddress(address, rules.extension);
  if (bare !== undefined) keys.push(bare);
  const at = address.lastIndexOf('@');
  if (at >= 0) {
    if (rules.isLocal(address.slice(at + 1))) {
      keys.push(address.slice(0, at));
      if (bare !== undefined) keys.push(bare.slice(0, bare.lastIndexOf('@')));
    }
    keys.push(address.slice(at));
  }
  for (const key of keys) {
    const found = findInTables(tables, key, 'part', read);
    if (found.status !== 'absent') return found;
  }
  return { status: 'absent' };
}
