import type { DnsRecord } from './record.ts';

/** Longer texts are split into strings of this many bytes (RFC 1035 section 3.3). */
const longestString = 255;

/**
 * Records in the form that something reads.
 *
 * `zone`: lines of a master file. `dnscontrol`: the arguments of `D()`. `terraform`: resources of the `dns` provider
 * (RFC 2136 updates). `json`: the records themselves.
 */
export function printRecords(
  records: readonly DnsRecord[],
  form: 'zone' | 'dnscontrol' | 'terraform' | 'json',
  zone: string,
): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify(records, null, 2)}\n`;
    case 'zone':
      return records.map(zoneLine).join('');
    case 'dnscontrol':
      return records.map((record) => dnscontrolLine(record, zone)).join('');
    case 'terraform':
      return terraform(records, zone);
  }
}

function zoneLine({ name, type, value, ttl }: DnsRecord): string {
  const data = type === 'TXT' ? stringsOf(value).map(quoteZone).join(' ') : value;
  return `${name}. ${ttl} IN ${type} ${data}\n`;
}

function stringsOf(text: string): string[] {
  const bytes = Buffer.from(text, 'latin1');
  const strings: string[] = [];
  for (let start = 0; start < bytes.length || start === 0; start += longestString) {
    strings.push(bytes.subarray(start, start + longestString).toString('latin1'));
  }
  return strings;
}

function quoteZone(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll(/[^ -~]/g, (char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`);
  return `"${escaped}"`;
}

/** The owner relative to its zone; `@` for the zone itself. */
function relative(name: string, zone: string): string {
  if (name === zone) return '@';
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : `${name}.`;
}

function dnscontrolLine({ name, type, value, ttl }: DnsRecord, zone: string): string {
  // A record belongs into the D() of its own zone; one of another is given there by its last label alone.
  const elsewhere = name !== zone && !name.endsWith(`.${zone}`);
  const home = elsewhere ? `// into D("${name.slice(name.indexOf('.') + 1)}"):\n` : '';
  const owner = JSON.stringify(elsewhere ? name.slice(0, name.indexOf('.')) : relative(name, zone));
  const parts = value.split(' ');
  const rest: Record<DnsRecord['type'], () => string> = {
    TXT: () => JSON.stringify(value),
    MX: () => `${Number(parts[0])}, ${JSON.stringify(parts[1])}`,
    CAA: () => `${JSON.stringify(parts[1])}, ${JSON.stringify(value.slice(value.indexOf('"') + 1, -1))}`,
    TLSA: () => `${parts.slice(0, 3).join(', ')}, ${JSON.stringify(parts[3])}`,
    PTR: () => JSON.stringify(value),
    A: () => JSON.stringify(value),
    AAAA: () => JSON.stringify(value),
    CNAME: () => JSON.stringify(value),
  };
  return `${home}${type}(${owner}, ${rest[type]()}, TTL(${ttl})),\n`;
}

const terraformTypes: Readonly<
  Partial<Record<DnsRecord['type'], { readonly resource: string; readonly field: string }>>
> = {
  TXT: { resource: 'dns_txt_record_set', field: 'txt' },
  MX: { resource: 'dns_mx_record_set', field: 'mx' },
  PTR: { resource: 'dns_ptr_record', field: 'ptr' },
  A: { resource: 'dns_a_record_set', field: 'addresses' },
  AAAA: { resource: 'dns_aaaa_record_set', field: 'addresses' },
  CNAME: { resource: 'dns_cname_record', field: 'cname' },
};

/** One resource a record set; types that the provider lacks stand as comments, so that nothing is lost unseen. */
function terraform(records: readonly DnsRecord[], zone: string): string {
  const sets = Map.groupBy(records, ({ name, type }) => `${type} ${name}`);
  return [...sets.values()]
    .map((set) => {
      const { name, type, ttl } = set[0]!;
      const kind = terraformTypes[type];
      if (!kind) return set.map((record) => `# not in the dns provider: ${zoneLine(record)}`).join('');
      const label = `${type}_${name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
      const owner = relative(name, zone);
      const inZone = owner.endsWith('.') ? name.slice(name.indexOf('.') + 1) : zone;
      const own = owner.endsWith('.') ? name.slice(0, name.indexOf('.')) : owner;
      const lines = [
        `  zone = ${quoteTerraform(`${inZone}.`)}`,
        ...(own === '@' ? [] : [`  name = ${quoteTerraform(own)}`]),
        ...valuesOf(type, kind.field, set),
        `  ttl  = ${ttl}`,
      ];
      return `resource "${kind.resource}" "${label}" {\n${lines.join('\n')}\n}\n`;
    })
    .join('\n');
}

function valuesOf(type: DnsRecord['type'], field: string, set: readonly DnsRecord[]): string[] {
  if (type === 'MX') {
    return set.map(({ value }) => {
      const [preference, exchange = '.'] = value.split(' ');
      return `  mx {\n    preference = ${Number(preference)}\n    exchange   = ${quoteTerraform(exchange)}\n  }`;
    });
  }
  if (field === 'ptr' || field === 'cname') return [`  ${field} = ${quoteTerraform(set[0]!.value)}`];
  return [`  ${field} = [${set.map(({ value }) => quoteTerraform(value)).join(', ')}]`];
}

/** `${` and `%{` begin templates in Terraform's strings, and of JSON's escapes they lack two. */
function quoteTerraform(text: string): string {
  return JSON.stringify(text)
    .replaceAll(/[$%]\{/g, (open) => `${open[0]}${open}`)
    .replaceAll(/\\(?:[bf]|.)/g, (escape) => ({ '\\b': '\\u0008', '\\f': '\\u000c' })[escape] ?? escape);
}
