import { findList, keyedZone, postscreenSites, rblReplyMap, rejectRblClient } from '@postern/dnsbl';
import { listRestrictions, readListArgument } from '../knowledge/block-lists.ts';
import { measure, type Measure, type Proposal } from '../profiles/profile.ts';
import type { Inputs } from '../profiles/inputs.ts';
import type { Edit } from '../rule.ts';
import { layOutList, splitList } from '../subject/list-text.ts';
import type { Subject } from '../subject/subject.ts';
import { appendBeforeEnd, endOf, listsOnPort25, missingPermits } from './own-list.ts';

/** The zone that the Data Query Service answers for by key. */
const zen = 'zen.spamhaus.org';

export const blockLists: Measure = measure({
  id: 'block-lists',
  title: 'Listed clients are refused, and nobody else',
  why: 'Most botnets are refused before the message. With a reply filter only listing codes count: an error code (127.255.255.x to public resolvers) or a parked domain refuses nobody.',
  source: 'postconf(5) reject_rbl_client; Spamhaus return codes; RFC 5782',
  versions: '>=2.8',
  plan(subject, inputs) {
    const asked = askedZones(subject);
    const added = asked.length > 0 ? {} : addLists(subject, inputs);
    const keyed = inputs.dqsKey === undefined ? [] : withKey(subject, inputs.dqsKey);
    const replies =
      inputs.dqsKey === undefined ? {} : hideKey(subject, inputs.dqsKey, [...(added.edits ?? []), ...keyed]);
    const notes = [...(added.notes ?? []), ...(replies.notes ?? [])];
    if (asked.length > 0 && inputs.dqsKey === undefined) notes.push(...resolverNotes(asked, inputs));
    return { edits: [...(added.edits ?? []), ...keyed, ...(replies.edits ?? [])], notes };
  },
});

/** Every zone that smtpd or postscreen asks about clients or names. */
function askedZones(subject: Subject): string[] {
  return [
    ...subject.restrictions(...listRestrictions).map(({ item }) => readListArgument(item.argument).zone),
    ...splitList(subject.main.setting('postscreen_dnsbl_sites').value).map(
      (word) => readListArgument(word.text).zone,
    ),
  ];
}

function addLists(subject: Subject, inputs: Inputs): Proposal {
  const { blockLists: wanted = [zen], ownResolver, dqsKey } = inputs;
  if (wanted.length === 0) return {};
  if (ownResolver === false && dqsKey === undefined) {
    return {
      notes: [
        {
          message: `No block list is added: through a shared resolver they answer with error codes. Run a resolver on this host (input: ownResolver) or use a key (input: dqsKey)`,
        },
      ],
    };
  }
  const keyOf = (zone: string) => (zone === zen && dqsKey !== undefined ? { key: dqsKey } : {});
  if (listensWithPostscreen(subject)) {
    const sites = postscreenSites({ lists: wanted.map((list) => ({ list, ...keyOf(list) })) });
    const setting = (name: string) => subject.main.setting(name);
    return {
      edits: [
        setting('postscreen_dnsbl_sites').set(layOutList(sites, '')),
        setting('postscreen_dnsbl_threshold').set('3'),
        setting('postscreen_dnsbl_action').set('enforce'),
      ],
    };
  }
  const texts = wanted.map((zone) => rejectRblClient(zone, keyOf(zone)));
  return {
    edits: listsOnPort25(subject, 'smtpd_recipient_restrictions').flatMap((own) => {
      const { list } = own;
      if (endOf(list)?.name === 'reject') return [];
      const permits = subject.knows('smtpd_relay_restrictions') ? missingPermits(own) : [];
      return list.edit((draft) => appendBeforeEnd(list, draft, [...permits, ...texts])) ?? [];
    }),
    notes: dqsKey === undefined ? resolverNotes(wanted, inputs) : [],
  };
}

/** postscreen takes the connections on port 25 and can add scores up before any smtpd is busy. */
function listensWithPostscreen(subject: Subject): boolean {
  return subject.services.some(({ service }) => service.type === 'inet' && service.command === 'postscreen');
}

/** The same lists, asked by key: zen.spamhaus.org becomes KEY.zen.dq.spamhaus.net with the same filter. */
function withKey(subject: Subject, key: string): Edit[] {
  const keyed = (argument: string): string => {
    const { zone } = readListArgument(argument);
    const match = findList(zone);
    if (
      match?.status !== 'alive' ||
      match.key !== undefined ||
      match.list.keyed?.endsWith('.dq.spamhaus.net') !== true
    ) {
      return argument;
    }
    return keyedZone(match.list, key) + argument.slice(zone.length);
  };
  const edits = subject.lists.flatMap((list) => {
    const items = list.named(...listRestrictions).filter((item) => keyed(item.argument) !== item.argument);
    if (items.length === 0) return [];
    return (
      list.edit((draft) => {
        for (const item of items) {
          draft.replace(item, item.text.slice(0, -item.argument.length) + keyed(item.argument));
        }
      }) ?? []
    );
  });
  const sites = subject.main.setting('postscreen_dnsbl_sites');
  const words = splitList(sites.raw).map((word) => word.text);
  const changed = words.map((word) => keyed(word));
  return changed.join() === words.join() ? edits : [...edits, sites.set(layOutList(changed, sites.written))];
}

/** A key in a zone's name would be shown to everybody who is refused. */
function hideKey(subject: Subject, key: string, edits: readonly Edit[]): Proposal {
  const keyedSomewhere =
    edits.some((edit) => 'value' in edit && edit.value?.includes(key)) ||
    askedZones(subject).some((zone) => zone.startsWith(`${key}.`));
  if (!keyedSomewhere) return {};
  const maps = subject.main.setting('rbl_reply_maps');
  const table = 'texthash:$config_directory/rbl_reply';
  if (maps.value !== '' && maps.raw !== table) {
    return {
      notes: [
        {
          message:
            'rbl_reply_maps is set: see to it that its replies do not show the key of the list service',
          setting: 'rbl_reply_maps',
        },
      ],
    };
  }
  if (maps.raw === table) return {};
  const content = rblReplyMap({ lists: [{ list: zen, key }] });
  return {
    edits: [
      { type: 'put-file', path: 'rbl_reply', content, mode: 0o640, owner: 'root', group: 'postfix' },
      maps.set(table),
    ],
  };
}

function resolverNotes(
  zones: readonly string[],
  { ownResolver }: Pick<Inputs, 'ownResolver'>,
): { message: string }[] {
  if (ownResolver === true) return [];
  const names = [...new Set(zones)].join(', ');
  return [
    {
      message:
        ownResolver === false
          ? `${names}: through a shared resolver block lists answer with error codes, which the filters ignore. Run a resolver on this host, or use a key (input: dqsKey)`
          : `${names}: block lists answer only a resolver of your own; whether this host has one is not known. Input: ownResolver`,
    },
  ];
}
