/**
 * Domain names as text. A name here is in presentation form without the final dot: a dot or a backslash
 * inside a label is `\.` or `\\`, any byte that is not printable ASCII is `\DDD`, so that no two names
 * on the wire share one text. The root is the empty string.
 */

/** The longest label and the longest name, in bytes on the wire (RFC 1035, 2.3.4). */
const longestLabel = 63;
const longestName = 255;

const dot = 0x2e;
const backslash = 0x5c;

/**
 * The one form of a name that equal names share: lower case, A-labels, no final dot.
 *
 * @param name  as a person or a record writes it; U-labels are converted (UTS 46), `.` is the root
 * @returns undefined when no such name can exist: an empty or too long label, a bad escape, a bad U-label
 */
export function canonicalName(name: string): string | undefined {
  if (isCanonical(name)) return name;
  const labels = nameLabels(name);
  return labels?.map(labelText).join('.');
}

/**
 * The labels of a name, each as its bytes, in lower case.
 *
 * @returns undefined for what `canonicalName` refuses; an empty array for the root
 */
export function nameLabels(name: string): number[][] | undefined {
  if (name === '.') return [];
  const ascii = isAscii(name) ? name : toAscii(name);
  if (ascii === undefined) return undefined;
  const labels: number[][] = [];
  let label: number[] = [];
  let size = 1;
  const endLabel = (): boolean => {
    if (label.length === 0 || label.length > longestLabel) return false;
    size += label.length + 1;
    labels.push(label);
    label = [];
    return size <= longestName;
  };
  for (let at = 0; at < ascii.length; at++) {
    let byte = ascii.charCodeAt(at);
    if (byte === dot) {
      if (!endLabel()) return undefined;
      continue;
    }
    if (byte === backslash) {
      const escape = readEscape(ascii, at + 1);
      if (!escape) return undefined;
      byte = escape.byte;
      at += escape.length;
    }
    label.push(lowerByte(byte));
  }
  // What is left after the final dot is the root; anything else is the last label.
  if (label.length > 0 || labels.length === 0) if (!endLabel()) return undefined;
  return labels;
}

/** One label as text, with everything escaped that would be read as something else. */
export function labelText(label: Iterable<number>): string {
  let text = '';
  for (const byte of label) {
    if (byte === dot || byte === backslash) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(lowerByte(byte));
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

/** The name one label up: `b.c` of `a.b.c`, the root of a single label, undefined of the root. */
export function parentName(name: string): string | undefined {
  if (name === '') return undefined;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === dot) return name.slice(at + 1);
  }
  return '';
}

/** Whether the text is already canonical and free of escapes: nearly every name asked in practice. */
function isCanonical(name: string): boolean {
  if (name.length > longestName - 2) return false;
  let label = 0;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === dot) {
      if (label === 0 || label > longestLabel) return false;
      label = 0;
    } else {
      if (code <= 0x20 || code >= 0x7f || code === backslash || (code >= 0x41 && code <= 0x5a)) return false;
      label++;
    }
  }
  return label > 0 && label <= longestLabel;
}

function readEscape(text: string, at: number): { byte: number; length: number } | undefined {
  const digits = /^\d{3}/.exec(text.slice(at, at + 3))?.[0];
  if (digits !== undefined) return Number(digits) < 256 ? { byte: Number(digits), length: 3 } : undefined;
  const code = text.charCodeAt(at);
  // A lone digit would be half a \DDD.
  return Number.isNaN(code) || (code >= 0x30 && code <= 0x39) ? undefined : { byte: code, length: 1 };
}

function lowerByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** U-labels to A-labels, label by label, by the URL parser: the one IDNA that Node and browsers share. */
function toAscii(name: string): string | undefined {
  const labels: string[] = [];
  for (const label of name.split(/[.\u3002\uFF0E\uFF61]/)) {
    if (isAscii(label)) {
      labels.push(label);
      continue;
    }
    // The URL parser would take these as the end of the host.
    if (/[\s/?#@:\\[\]%]/.test(label)) return undefined;
    if (!URL.canParse(`http://${label}.invalid/`)) return undefined;
    const host = new URL(`http://${label}.invalid/`).hostname;
    labels.push(host.slice(0, -'.invalid'.length));
  }
  return labels.join('.');
}
