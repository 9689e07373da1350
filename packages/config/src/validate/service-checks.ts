import { serviceType } from '../catalogue/service-type.ts';
import { holdsSince } from '../catalogue/version.ts';
import { serviceColumns, type ServiceColumn } from '../syntax/service.ts';
import type { Range } from '../syntax/source.ts';
import { quote, type Issue } from './issue.ts';
import type { Scope } from './scope.ts';
import { serviceName, type ServiceSettings } from './setting.ts';

/** What master(8) makes of each column. @see master_ent.c */
const columns: Readonly<Partial<Record<ServiceColumn, { readonly shape: RegExp; readonly wanted: string }>>> =
  {
    private: { shape: /^[yn-]$/, wanted: 'y, n or -' },
    unprivileged: { shape: /^[yn-]$/, wanted: 'y, n or -' },
    chroot: { shape: /^[yn-]$/, wanted: 'y, n or -' },
    wakeup: {
      shape: /^(-|\d{1,9}\??)$/,
      wanted: 'a number of seconds, with ? if only for used services, or -',
    },
    maxproc: { shape: /^(-|\d{1,9})$/, wanted: 'a number of processes, 0 for no limit, or -' },
  };

/** What is wrong with the columns of a service, by place in its entry. */
export function checkService(
  { entry, fields }: ServiceSettings,
  { version }: Scope,
): { range: Range; issue: Issue }[] {
  const found: { range: Range; issue: Issue }[] = [];
  serviceColumns.forEach((column, index) => {
    const field = fields[index];
    const rule = columns[column];
    if (!field || !rule || rule.shape.test(field.text)) return;
    found.push({
      range: field.range,
      issue: {
        code: 'bad-service-field',
        level: 'error',
        message: `${column} of ${entry.name} cannot be ${quote(field.text)}: master(8) stops`,
        advice: `Write ${rule.wanted}.`,
      },
    });
  });
  const isPrivate = fields[2];
  if (entry.serviceType === 'inet' && isPrivate && /^[y-]$/.test(isPrivate.text)) {
    found.push({
      range: isPrivate.range,
      issue: {
        code: 'inet-private',
        level: 'error',
        message: `${serviceName({ entry })} listens on the network and cannot be private: master(8) stops, though postconf is content`,
        advice: 'Write n in the third column.',
      },
    });
  }
  const type = serviceType(entry.serviceType)!;
  if (fields[1] && !holdsSince(type.since, version)) {
    found.push({
      range: fields[1].range,
      issue: {
        code: 'service-type-not-in-version',
        level: 'error',
        message: `services of type ${type.name} need Postfix ${type.since}: master(8) stops`,
        advice: `Use another type, or Postfix ${type.since} or newer.`,
      },
    });
  }
  return found;
}

/** Says of a service that another of its name and type came before. */
export function duplicateService(service: ServiceSettings): Issue {
  return {
    code: 'duplicate-service',
    level: 'warning',
    message: `${serviceName(service)} stands here a second time, and the last one counts`,
    advice: 'Take one of them out.',
  };
}
