import {
  findList,
  keyedZone,
  postscreenReplyMap,
  postscreenSites,
  rblReplyMap,
  rejectRblClient,
} from '@postern/dnsbl';
import { listRestrictions, readListArgument } from '../knowledge/block-lists.ts';
import { defineMeasure, type Measure, type Proposal } from '../profiles/profile.ts';
import type { Inputs } from '../profiles/inputs.ts';
import type { Edit } from '../rule.ts';
import { layOutList, splitList } from '../subject/list-text.ts';
import type { Subject } from '../subject/subject.ts';
import { appendBeforeEnd, endOf, listsOnPort25, missingPermits } from './own-list.ts';

/** The score from which postscreen turns a client away; a list that refused alone goes on to. */
export const threshold = 3;

/** The zone that the Data Query Service answers for by key. */
const zen = 'zen.spamhaus.org';

export const blockLists: Measure = defineMeasure({
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
  if (listensWithPostscreen(subject)) {
    const sites = postscreenSites({ lists: listsToAdd(inputs) });
    const setting = (name: string) => subject.main.setting(name);
    return {
      edits: [
        setting('postscreen_dnsbl_sites').set(layOutList(sites, '')),
        setting('postscreen_dnsbl_threshold').set(String(threshold)),
        setting('postscreen_dnsbl_action').set('enforce'),
      ],
    };
  }
  const texts = listsToAdd(inputs).map(({ list, key }) =>
    rejectRblClient(list, key === undefined ? {} : { key }),
  );
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

/** The lists to ask where none is asked, with the key that one needs. */
export function listsToAdd({ blockLists: wanted = [zen], dqsKey }: Inputs): { list: string; key?: string }[] {
  return wanted.map((list) => ({ list, ...(list === zen && dqsKey !== undefined && { key: dqsKey }) }));
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

/** A key in a zone's name would be shown to everybody who is refused, by smtpd or by postscreen. */
function hideKey(subject: Subject, key: string, edits: readonly Edit[]): Proposal {
  const policy = { lists: [{ list: zen, key }] };
  const proposals = [
    {
      parameter: 'rbl_reply_maps',
      file: 'rbl_reply',
      content: rblReplyMap(policy),
      by: /^smtpd_|_restrictions$/,
    },
    {
      parameter: 'postscreen_dnsbl_reply_map',
      file: 'dnsbl_reply',
      content: postscreenReplyMap(policy),
      by: /^postscreen_dnsbl_sites$/,
    },
  ].map(({ parameter, file, content, by }): Proposal => {
    const planned = edits.some(
      (edit) =>
        (edit.type === 'set-parameter' && by.test(edit.name) && edit.value.includes(key)) ||
        (edit.type === 'set-service-option' && by.test(edit.option) && edit.value?.includes(key)),
    );
    const present = by.test('postscreen_dnsbl_sites')
      ? subject.main.setting('postscreen_dnsbl_sites').value.includes(`${key}.`)
      : subject.restrictions(...listRestrictions).some(({ item }) => item.argument.startsWith(`${key}.`));
    return planned || present ? replyMap(subject, parameter, file, content) : {};
  });
  return {
    edits: proposals.flatMap((each) => each.edits ?? []),
    notes: proposals.flatMap((each) => each.notes ?? []),
  };
}

function replyMap(subject: Subject, parameter: string, file: string, content: string): Proposal {
  const maps = subject.main.setting(parameter);
  const table = `texthash:$config_directory/${file}`;
  if (maps.raw === table) return {};
  if (maps.value !== '') {
    const message = `${parameter} is set: see to it that its replies do not show the key of the list service`;
    return { notes: [{ message, setting: parameter }] };
  }
  return {
    edits: [
      { type: 'put-file', path: file, content, mode: 0o640, owner: 'root', group: 'postfix' },
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
