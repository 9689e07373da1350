import { BlockList, isIP } from 'node:net';
import type { Host } from '../../host/host.ts';
import { domainOf } from '../message.ts';

/** What the configuration says about whose mail is whose. */
export interface MailSettings {
  readonly version: string;
  /** As they stand, and with every `$name` expanded. */
  readonly raw: ReadonlyMap<string, string>;
  readonly expanded: ReadonlyMap<string, string>;
  /** Seconds of one commit in the queue's file system; undefined where it could not be measured. */
  readonly commit: number | undefined;
}

const names = [
  'mydestination',
  'virtual_alias_domains',
  'virtual_mailbox_domains',
  'relay_domains',
  'myhostname',
  'mynetworks',
  'inet_interfaces',
  'proxy_interfaces',
  'parent_domain_matches_subdomains',
  'local_recipient_maps',
  'relay_recipient_maps',
  'smtpd_reject_unlisted_recipient',
  'smtpd_recipient_restrictions',
  'smtpd_sender_restrictions',
  'transport_maps',
  'content_filter',
  'queue_run_delay',
  'minimal_backoff_time',
  'maximal_backoff_time',
  'bounce_queue_lifetime',
];

const settingsScript = `
directory=$1; shift
pc() { if [ -n "$directory" ]; then postconf -c "$directory" "$@"; else postconf "$@"; fi; }
postconf -dh mail_version | sed 's/^/version /'
pc "$@" | sed 's/^/raw /'
{ pc -x "$@" 2>/dev/null || pc "$@"; } | sed 's/^/expanded /'
root=$(pc -h queue_directory)
file=$root/postern-commit.$$
trap 'rm -f "$file"' EXIT
before=$(date +%s%N)
! dd if=/dev/zero of="$file" bs=512 count=16 oflag=dsync 2>/dev/null || echo "commit $(( ($(date +%s%N) - before) / 16 ))"
`;

/** Asks Postfix what it makes of its configuration, and the disk what a commit takes. */
export async function readSettings(
  host: Host,
  directory: string | undefined,
  signal?: AbortSignal,
): Promise<MailSettings> {
  const command = { script: settingsScript, args: [directory ?? '', ...names] };
  const { stdout } = await host.run(command, { asRoot: true, ...(signal && { signal }) });
  const lines = stdout.toString().split('\n');
  const values = (word: string): Map<string, string> =>
    new Map(
      lines.flatMap((line) => {
        const [, name, value] = line.startsWith(`${word} `) ? (/^\w+ (\w+) =\s*(.*)$/.exec(line) ?? []) : [];
        return name === undefined ? [] : [[name, value ?? ''] as const];
      }),
    );
  const rest = (word: string): string | undefined =>
    lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const commit = Number(rest('commit'));
  return {
    version: rest('version') ?? '',
    raw: values('raw'),
    expanded: values('expanded'),
    commit: Number.isFinite(commit) ? commit / 1e9 : undefined,
  };
}

/** Words of a list parameter. */
export function wordsOf(value: string | undefined): string[] {
  return (value ?? '').split(/[\s,]+/).filter((word) => word !== '');
}

/** Whose domain is ours, and what could not be asked. */
export interface OwnDomains {
  has(domain: string): boolean;
  owns(address: string): boolean;
  readonly problems: readonly string[];
}

const lookUp = `
table=$1; directory=$2
if [ -n "$directory" ]; then postmap -c "$directory" -q - "$table"; else postmap -q - "$table"; fi
`;

/**
 * Which of these domains are ours, by the address classes of the configuration: tables and files in them are asked on
 * the host, all domains at once.
 */
export async function ownDomains(
  host: Host,
  directory: string | undefined,
  { expanded }: MailSettings,
  domains: Iterable<string>,
  signal?: AbortSignal,
): Promise<OwnDomains> {
  const asked = [...domains].filter((domain) => /^[^\s\0]+$/.test(domain));
  const options = { asRoot: true, ...(signal && { signal }) };
  const own = new Set(wordsOf(expanded.get('myhostname')).map((name) => name.toLowerCase()));
  const problems: string[] = [];
  const parents = wordsOf(expanded.get('parent_domain_matches_subdomains'));
  for (const list of ['mydestination', 'virtual_alias_domains', 'virtual_mailbox_domains', 'relay_domains']) {
    const withSubdomains = parents.includes(list);
    for (const word of await itemsOf(wordsOf(expanded.get(list)))) {
      // What a list takes out again is nobody's to delete either.
      const item = word.replace(/^!+/, '').toLowerCase();
      if (/^[a-z0-9_-]+:/.test(item)) await ask(word.replace(/^!+/, ''));
      else {
        own.add(item.replace(/^\./, ''));
        for (const domain of asked) {
          if (
            (withSubdomains && domain.endsWith(`.${item}`)) ||
            (item.startsWith('.') && domain.endsWith(item))
          )
            own.add(domain);
        }
      }
    }
  }
  const addresses = wordsOf(
    `${expanded.get('inet_interfaces')} ${expanded.get('proxy_interfaces')} 127.0.0.1 ::1`,
  );
  for (const address of addresses) own.add(`[${address.replaceAll(/[[\]]/g, '')}]`);
  const has = (domain: string): boolean => domain === '' || own.has(domain.toLowerCase());
  return { has, owns: (address) => has(domainOf(address)), problems };

  async function ask(table: string): Promise<void> {
    const { stdout, stderr } = await host.run(
      { script: lookUp, args: [table, directory ?? ''] },
      { ...options, stdin: asked.map((domain) => `${domain}\n`).join('') },
    );
    if (/fatal|error:/.test(stderr)) problems.push(`${table} cannot be asked: ${stderr.trim()}`);
    for (const line of stdout.toString().split('\n')) {
      const [key] = line.split('\t');
      if (key) own.add(key.toLowerCase());
    }
  }

  /** A word that is a path stands for the words in that file. */
  async function itemsOf(words: readonly string[]): Promise<string[]> {
    const items: string[] = [];
    for (const word of words) {
      if (!/^!*\//.test(word)) items.push(word);
      else {
        const text = await host.readFile(word.replace(/^!+/, ''), { asRoot: true });
        if (text === undefined) problems.push(`${word} is not there`);
        items.push(...wordsOf(text?.toString().replaceAll(/^\s*#.*$/gm, '')));
      }
    }
    return items;
  }
}

/** The networks whose clients may relay. Tables in mynetworks are left out: their clients count as strangers. */
export function ownNetworks(value: string | undefined): BlockList {
  const list = new BlockList();
  for (const word of wordsOf(value)) {
    const [address = '', bits] = word.replaceAll(/[[\]]/g, '').split('/');
    const family = isIP(address);
    if (family === 0) continue;
    const kind = family === 6 ? 'ipv6' : 'ipv4';
    try {
      list.addSubnet(address, Number(bits ?? (family === 6 ? 128 : 32)), kind);
    } catch {
      // 192.168.1.1/24 and the like: Postfix refuses it too.
    }
  }
  return list;
}
