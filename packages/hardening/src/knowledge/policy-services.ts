import type { Service } from '@postern/config';
import type { Restriction, RestrictionList } from '../subject/restrictions.ts';
import type { ServiceView, Subject } from '../subject/subject.ts';
import { splitList } from '../subject/list-text.ts';

/** A question to a policy service, with the service of master.cf that answers it. */
export interface PolicyService {
  readonly list: RestrictionList;
  readonly item: Restriction;
  /** As in `unix:private/policy-spf`, without braces and attributes. */
  readonly endpoint: string;
  /** `name=value` behind the endpoint in the form with braces. */
  readonly attributes: readonly string[];
  /** The name of a service that master(8) would have to run, for sockets in its own folders. */
  readonly socket: string | undefined;
  readonly service: ServiceView | undefined;
}

/** Every check_policy_service of every list. */
export function policyServices(subject: Subject): PolicyService[] {
  return subject.restrictions('check_policy_service').map(({ list, item }) => {
    const inside = /^\{(.*)\}$/s.exec(item.argument)?.[1] ?? item.argument;
    const [endpoint = '', ...attributes] = splitList(inside).map((word) => word.text);
    const socket = /^unix:(?:private|public)\/([^/]+)$/.exec(endpoint)?.[1];
    const service = subject.services.find(
      (each) => each.service.type === 'unix' && each.service.name === socket,
    );
    return { list, item, endpoint, attributes, socket, service };
  });
}

/** Whether a service, or the socket that it is asked at, is there for SPF. */
export function isSpf({ endpoint, service }: Pick<PolicyService, 'endpoint' | 'service'>): boolean {
  return /spf/i.test(endpoint) || (service !== undefined && runsSpf(service.service));
}

export function runsSpf(service: Service): boolean {
  return service.command === 'spawn' && service.arguments.some((word) => /spf/i.test(word));
}

/** The spawn(8) services of master.cf that some list asks for a policy, each once. */
export function spawnedPolicies(subject: Subject): ServiceView[] {
  const found = policyServices(subject).flatMap(({ service }) => service ?? []);
  return [...new Set(found)].filter(({ service }) => service.command === 'spawn');
}
