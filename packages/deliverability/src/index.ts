export { checkDomain } from './domain/check-domain.ts';
export type { DomainConnectOptions, DomainOptions, DomainReport } from './domain/check-domain.ts';
export { checkHost } from './host/check-host.ts';
export type { ConnectOptions, HostOptions, HostReport, HostSubject } from './host/check-host.ts';
export type { Check, CheckStatus, Topic } from './check.ts';
export type { Exchange } from './domain/mx.ts';
export { selectorsOf } from './dkim/selectors.ts';
export { DeliverabilityError } from './error.ts';
export type { DeliverabilityErrorCode } from './error.ts';
