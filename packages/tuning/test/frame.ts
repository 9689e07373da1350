import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksum } from '../src/probe/sections.ts';

export const hosts: string = join(import.meta.dirname, 'fixtures/hosts');

/** A fixture as the probe would print it: sections get their checksums. */
export function probeOutput(text: string): string {
  const sections = text
    .split(/^@@ /m)
    .slice(1)
    .map((part) => {
      const [name = '', ...lines] = part.trimEnd().split('\n');
      return frame(name, lines.map((line) => ` ${line}\n`).join(''));
    });
  return `postern-probe 1\n${sections.join('')}@@ end\n`;
}

/** One section with a valid checksum, whatever is in it. */
export function frame(name: string, body: string): string {
  return `@@ ${name}\n${body}@@/${name} ${checksum(body)}\n`;
}

export function readHost(name: string): string {
  return probeOutput(readFileSync(join(hosts, `${name}.txt`), 'utf8'));
}
