import type { MasterCf, ServiceEntry } from '../syntax/master-cf.ts';
import { argumentsOf, serviceColumns } from '../syntax/service.ts';
import { fieldsOf } from '../syntax/service-fields.ts';

/** A parameter that a service overrides. */
export interface ServiceParameter {
  /** `smtp/inet` */
  readonly service: string;
  readonly name: string;
  readonly value: string;
}

/** Every override of every service, as `postconf -P` lists them: by service, each name once with its last value. */
export function serviceParameters(master: MasterCf): ServiceParameter[] {
  return servicesOf(master).flatMap((entry) => {
    const service = `${entry.name}/${entry.serviceType}`;
    const values = new Map<string, string>();
    for (const part of argumentsOf(fieldsOf(entry))) {
      if (part.type === 'option') values.set(part.name, part.value);
    }
    return [...values].map(([name, value]) => ({ service, name, value }));
  });
}

/** Every service in one line of single blanks, in the order of the file, as `postconf -M` reads them. */
export function serviceLines(master: MasterCf): string[] {
  return servicesOf(master).map((entry) => {
    const fields = fieldsOf(entry);
    const columns = fields.slice(0, serviceColumns.length).map(({ text }) => text);
    const rest = argumentsOf(fields).map((part) =>
      part.type === 'option' ? `-o ${inOneWord(`${part.name}=${part.value}`)}` : inOneWord(part.text),
    );
    return [...columns, ...rest].join(' ');
  });
}

function servicesOf(master: MasterCf): ServiceEntry[] {
  return master.entries.filter((entry) => entry.type === 'service');
}

function inOneWord(text: string): string {
  return /[ \t\r\n]/.test(text) ? `{${text}}` : text;
}
