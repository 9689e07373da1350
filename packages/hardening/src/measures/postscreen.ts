import type { Service } from '@postern/config';
import { postscreenSites } from '@postern/dnsbl';
import { postscreenDoor } from '../knowledge/postscreen-door.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';
import { layOutList } from '../subject/list-text.ts';
import { listsToAdd, threshold } from './block-lists.ts';

export const postscreen: Measure = defineMeasure({
  id: 'postscreen',
  title: 'Bots are turned away before they cost a process',
  why: 'postscreen adds up what the lists say, so that one light listing refuses nobody, and turns away who talks before the greeting; only the rest reaches smtpd.',
  source: 'POSTSCREEN_README; postconf(5) postscreen_dnsbl_sites, postscreen_dnsbl_threshold',
  versions: '>=2.8',
  plan(subject, inputs) {
    const { main } = subject;
    const door = postscreenDoor(subject, inputs);
    if (door.state === 'closed') return door.why === undefined ? {} : { notes: [{ message: door.why }] };
    const asked = door.lists.map(({ item, zone, filter }) => ({
      item,
      site: `${zone}=${filter}*${threshold}`,
    }));
    const added = asked.length > 0 ? [] : postscreenSites({ lists: listsToAdd(inputs) });
    const sites = [...new Set([...asked.map(({ site }) => site), ...added])];
    const { service } = door.server;
    const edits: Edit[] = [
      ...services(service),
      main.setting('postscreen_dnsbl_sites').set(layOutList(sites, '')),
      main.setting('postscreen_dnsbl_threshold').set(String(threshold)),
      main.setting('postscreen_dnsbl_action').set('enforce'),
      main.setting('postscreen_greet_action').set('enforce'),
    ];
    if (subject.berkeleyDb === false)
      edits.push(main.setting('postscreen_cache_map').set('lmdb:$data_directory/postscreen_cache'));
    for (const list of new Set(door.lists.map((each) => each.list))) {
      const moved = door.lists.filter((each) => each.list === list);
      edits.push(...(list.edit((draft) => moved.forEach(({ item }) => draft.remove(item))) ?? []));
    }
    return { edits };
  },
});

/** What listens gives the connection on to what was there before, with all its options. */
function services(before: Service): Edit[] {
  const { chroot, maxproc: _most, options: _options, arguments: _arguments, ...same } = before;
  const like = chroot === undefined ? {} : { chroot };
  const helper = (name: string): Edit => ({
    type: 'put-service',
    service: { name, type: 'unix', ...like, maxproc: 0, command: name, options: [], arguments: [] },
  });
  const { private: _private, ...inside } = before;
  return [
    {
      type: 'put-service',
      service: { ...same, ...like, maxproc: 1, command: 'postscreen', options: [], arguments: [] },
    },
    { type: 'put-service', service: { ...inside, name: 'smtpd', type: 'pass' } },
    helper('dnsblog'),
    helper('tlsproxy'),
  ];
}
