import type { Host, Script } from '../../host/host.ts';
import { Lines } from '../lines.ts';

/** What is looked at in one message: its envelope, its header, and the header blocks in its body. */
export interface Inspection {
  readonly id: string;
  /** Recipients as they were before aliases and forwarding, where that differs. */
  readonly originalRecipients: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly header: HeaderBlock;
  /** Blocks of header lines in the body: those of MIME parts, of a delivery report, of an enclosed message. */
  readonly blocks: readonly HeaderBlock[];
}

/** Header fields in their order, names in lower case, folded lines joined. */
export type HeaderBlock = readonly (readonly [name: string, value: string])[];

/**
 * Passes on the few lines of each message that say where it comes from. Many ids go to one postcat, which runs with the
 * least priority, for the disk is what melts.
 *
 * With `-o` postcat writes the offset before each line of a message, so that nothing in a message can pass for the line
 * that says where a message begins; the lines between its parts count only where they name its id, which nobody knows
 * while he writes it.
 *
 * An id that is gone ends postcat; the others of its lot are then asked one by one.
 */
const script = `
directory=$1
calm() { if command -v ionice >/dev/null; then nice -n 19 ionice -c 3 "$@"; else nice -n 19 "$@"; fi; }
pc() { if [ -n "$directory" ]; then calm postcat -c "$directory" -oq "$@"; else calm postcat -oq "$@"; fi; }
work=$(mktemp -d /tmp/postern.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
essence() {
  tr '\\000' '?' | awk '
    function ends_with_id(text, n, part) { n = split(text, part, "[ /]"); return part[n - 1] == id }
    /^\\*\\*\\* ENVELOPE RECORDS / { n = split($4, part, "/"); id = part[n]; print "message " id; where = "e"; kept = 0; next }
    where == "" || kept > 200 { next }
    { sub(/^ *[0-9]+ /, ""); line = substr($0, 1, 600) }
    /^\\*\\*\\* (MESSAGE CONTENTS|HEADER EXTRACTED|MESSAGE FILE END) / && ends_with_id($0) {
      if (where == "e" && line ~ /CONTENTS/) { where = "c"; blank = 1; head = 1 }
      else where = line ~ /EXTRACTED/ ? "e" : ""
      next
    }
    where == "e" {
      if (line ~ /^(original_recipient|named_attribute): /) { print "e " line; kept++ }
      next
    }
    line == "" { if (!blank || head) { print "c"; blank = 1 } wanted = 0; head = 0; next }
    line ~ /^[ \\t]/ { if (wanted) { print "c " line; kept++ } next }
    {
      wanted = tolower(line) ~ /^(from|to|subject|auto-submitted|content-type|received|delivered-to|message-id|return-path|final-recipient|status|diagnostic-code):/
      if (wanted) { print "c " line; kept++; blank = 0 }
      else if (!head && !blank && line !~ /^[A-Za-z0-9-]+:/) { print "c"; blank = 1 }
    }'
}
while IFS= read -r lot; do
  pc $lot >"$work/out" 2>/dev/null || { : >"$work/out"; for id in $lot; do pc "$id" >>"$work/out" 2>/dev/null; done; }
  essence <"$work/out"
done
`;

/** Ids for one postcat. */
const lot = 200;

/**
 * Looks into messages on the host.
 *
 * @param ids  queue ids, which are known to be such
 * @returns those that were there
 */
export async function inspect(
  host: Host,
  directory: string | undefined,
  ids: readonly string[],
  take: (inspection: Inspection) => void,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  if (ids.length === 0) return;
  const reader = new InspectionReader(take);
  const lots = Array.from({ length: Math.ceil(ids.length / lot) }, (_, index) =>
    ids.slice(index * lot, (index + 1) * lot).join(' '),
  );
  const lines = new Lines((line) => reader.line(line));
  const command: Script = { script, args: [directory ?? ''] };
  await host.run(command, {
    asRoot: true,
    stdin: `${lots.join('\n')}\n`,
    passOn: true,
    limit: Number.POSITIVE_INFINITY,
    timeout: 3_600_000,
    onOutput: (chunk) => lines.feed(chunk),
    ...(signal && { signal }),
  });
  lines.end();
  reader.end();
}

class InspectionReader {
  readonly #take: (inspection: Inspection) => void;
  #id: string | undefined;
  #original: string[] = [];
  #attributes: Record<string, string> = {};
  #blocks: [string, string][][] = [[]];

  constructor(take: (inspection: Inspection) => void) {
    this.#take = take;
  }

  line(line: string): void {
    if (line.startsWith('message ')) {
      this.end();
      this.#id = line.slice('message '.length);
    } else if (line.startsWith('e original_recipient: ')) {
      this.#original.push(line.slice('e original_recipient: '.length));
    } else if (line.startsWith('e named_attribute: ')) {
      const [, name, value] = /^e named_attribute: ([^=]+)=(.*)$/.exec(line) ?? [];
      if (name !== undefined) this.#attributes[name] = value ?? '';
    } else if (line === 'c') this.#blocks.push([]);
    else if (line.startsWith('c ')) this.#content(line.slice(2));
  }

  end(): void {
    if (this.#id !== undefined) {
      const [header = [], ...rest] = this.#blocks;
      this.#take({
        id: this.#id,
        originalRecipients: this.#original,
        attributes: this.#attributes,
        header,
        blocks: rest.filter((block) => block.length > 0),
      });
    }
    this.#id = undefined;
    this.#original = [];
    this.#attributes = {};
    this.#blocks = [[]];
  }

  #content(line: string): void {
    const block = this.#blocks.at(-1)!;
    if (/^[ \t]/.test(line)) {
      const last = block.at(-1);
      if (last) last[1] += ` ${line.trim()}`;
      return;
    }
    const at = line.indexOf(':');
    block.push([line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]);
  }
}
