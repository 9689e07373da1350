import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FleetError } from '../error.ts';
import { parseInventory, type Inventory, type InventoryOptions, type VariableFile } from './inventory.ts';

/**
 * Reads an inventory and, as Ansible does, the folders group_vars and host_vars beside it.
 *
 * @throws FleetError `unreadable`
 */
export async function readInventory(
  file: string,
  options: Pick<InventoryOptions, 'maxHosts'> = {},
): Promise<Inventory> {
  const text = await readText(file);
  const folder = dirname(file);
  const [groups, hosts] = await Promise.all([
    readVariables(join(folder, 'group_vars')),
    readVariables(join(folder, 'host_vars')),
  ]);
  return parseInventory(text, { ...options, file, variables: { groups, hosts } });
}

async function readVariables(folder: string): Promise<Record<string, VariableFile>> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter(
    (name) => /^[^.]+(\.[^.]+)*?(\.ya?ml|\.json)?$/.test(name) && !name.endsWith('~'),
  );
  const entries = await Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      const text = await readFile(file, 'utf8').catch(() => undefined);
      // A file of a vault is not for us, and nothing that says how to reach a host should be in one.
      if (text === undefined || text.startsWith('$ANSIBLE_VAULT')) return [];
      return [[basename(name).replace(/\.(ya?ml|json)$/, ''), { file, text }] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FleetError('unreadable', `${file}: the inventory cannot be read: ${reason}`, { cause: error });
  }
}
