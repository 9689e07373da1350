import type { Service } from '@postern/config';
import { findList } from '@postern/dnsbl';
import type { Inputs } from '../profiles/inputs.ts';
import type { Restriction, RestrictionList } from '../subject/restrictions.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';
import { filterFor, listRestrictions, readListArgument } from './block-lists.ts';

/** A block list that smtpd asks about clients, and that postscreen can ask in its place. */
export interface MovableList {
  readonly list: RestrictionList;
  readonly item: Restriction;
  readonly zone: string;
  readonly filter: string;
}

/** Whether postscreen can be put in front of port 25 without anybody losing what he has. */
export type Door =
  | {
      readonly state: 'open';
      readonly server: SmtpServer & { readonly service: Service };
      readonly lists: readonly MovableList[];
    }
  | { readonly state: 'closed'; readonly why?: string };

/** Lets own clients pass, as postscreen does too. */
const ownPermits =
  /^permit_(mynetworks|sasl_authenticated|tls_clientcerts|inet_interfaces|auth_destination)$/;

export function postscreenDoor(subject: Subject, inputs: Inputs): Door {
  if (inputs.postscreen === false || !subject.satisfies('>=2.8')) return { state: 'closed' };
  const listening = subject.services.some(
    ({ service }) =>
      service.command === 'postscreen' || (service.type === 'pass' && service.name === 'smtpd'),
  );
  if (listening) return { state: 'closed' };
  const doors = subject.servers.filter(
    (server) => server.role === 'mx' && !server.loopback && server.service?.type === 'inet',
  );
  const [server] = doors;
  if (!server?.service) return { state: 'closed' };
  const stays = (why: string): Door => ({ state: 'closed', why: `smtpd stays in front on port 25: ${why}` });
  if (doors.length > 1)
    return stays('there are several services, and one cache of postscreen can serve only one');
  if (server.isOn('smtpd_sasl_auth_enable'))
    return stays('users log in there, and postscreen would refuse those in listed networks');
  if (server.setting('smtpd_upstream_proxy_protocol').value !== '')
    return stays('a proxy hands the connections on (smtpd_upstream_proxy_protocol)');
  const lists = movable(subject, server);
  if (lists === undefined)
    return stays(
      'an access table, a class or an allow list lets clients past the block lists, and postscreen would not ask it',
    );
  const mayAdd = inputs.ownResolver !== false || inputs.dqsKey !== undefined;
  if (lists.length === 0 && (!mayAdd || inputs.blockLists?.length === 0)) return { state: 'closed' };
  // The service was read above; TypeScript does not carry that into the object.
  return { state: 'open', server: { ...server, service: server.service }, lists };
}

/** What smtpd refuses clients by; undefined when something may let them past it, or one cannot be moved. */
function movable({ lists }: Subject, server: SmtpServer): MovableList[] | undefined {
  const found: MovableList[] = [];
  for (const list of lists) {
    let exceptions = false;
    for (const item of list.items) {
      if (listRestrictions.includes(item.name) && item.name !== 'reject_rbl_client') continue;
      if (item.name === 'reject_rbl_client') {
        const { zone, filter = filterFor(zone) } = readListArgument(item.argument);
        const match = findList(zone);
        const plain = match?.status === 'alive' && match.list.of.includes('address') && !item.warnOnly;
        if (
          exceptions ||
          list.isClass ||
          !plain ||
          !list.editable ||
          !server.list(list.name).items.includes(item)
        )
          return undefined;
        found.push({ list, item, zone, filter });
      } else if (
        !ownPermits.test(item.name) &&
        !/^(reject|defer)/.test(item.name) &&
        item.name !== 'check_policy_service'
      ) {
        exceptions = true;
      }
    }
  }
  return found;
}
