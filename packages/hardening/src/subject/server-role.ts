import type { Service } from '@postern/config';
import type { Scope, SmtpServer } from './subject.ts';

const ports: Readonly<Record<string, SmtpServer['role']>> = {
  smtp: 'mx',
  '25': 'mx',
  submission: 'submission',
  '587': 'submission',
  submissions: 'submissions',
  smtps: 'submissions',
  ssmtp: 'submissions',
  urd: 'submissions',
  '465': 'submissions',
};

/** Whom a smtpd serves, by its port. Behind postscreen (type `pass`) it serves port 25. */
export function roleOf(service: Service, scope: Scope): SmtpServer['role'] {
  if (service.type === 'pass') return 'mx';
  const { port } = splitEndpoint(service.name);
  return ports[port] ?? (scope.isOn('smtpd_tls_wrappermode') ? 'submissions' : 'other');
}

/** Whether a server takes mail from others on port 25; one for this host alone meets nobody that could attack it. */
export function servesOthers({ role, loopback }: SmtpServer): boolean {
  return role === 'mx' && !loopback;
}

/** Whether only this host can reach a service; without one, what main.cf says of all. */
export function isLoopback(service: Service | undefined, scope: Scope): boolean {
  const { host } = splitEndpoint(service?.type === 'inet' ? service.name : '');
  const own = host !== '' ? host : scope.setting('inet_interfaces').value;
  const hosts = own
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((name) => name !== '');
  return (
    hosts.length > 0 &&
    hosts.every((name) => /^(\[?127\.[\d.]+\]?|localhost|loopback-only|\[?::1\]?)$/.test(name))
  );
}

/** Takes `host:port`, `[::1]:port` and `port` apart. */
function splitEndpoint(name: string): { host: string; port: string } {
  const colon = name.lastIndexOf(':');
  return { host: name.slice(0, Math.max(colon, 0)), port: name.slice(colon + 1).toLowerCase() };
}
