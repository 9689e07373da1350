import { defaultOf, satisfies, type Service } from '@postern/config';
import type { Change, Reason } from '@postern/plan';
import { valueOf } from '../facts/fact.ts';
import { change, say, type Adviser, type Context, type Recommendation } from './recommendation.ts';

/** Who is let in, and what happens under stress. */
export const adviseDoor: Adviser = (context) => [...postscreen(context), ...stress(context)];

function postscreen({ settings, facts, workload }: Context): Recommendation[] {
  const { inbound } = workload;
  const door = settings.services.find(({ type, name }) => type === 'inet' && /(^|:)(smtp|25)$/.test(name));
  if (!door) return [];
  const overflows = facts.network.listenOverflows;
  const fields = {
    id: 'postscreen',
    subject: `${door.name}/inet`,
    facts: [
      overflows,
      ...(inbound?.rejectedShare === undefined
        ? []
        : [`${Math.round(inbound.rejectedShare * 100)}% of connections leave without a message`]),
    ],
    source: 'POSTSCREEN_README; STRESS_README',
  };
  if (door.command.endsWith('postscreen'))
    return [say('already-so', { ...fields, message: 'postscreen keeps bots away from smtpd.' })];
  if (satisfies(settings.version, '<2.8'))
    return [say('keep', { ...fields, message: 'postscreen comes with Postfix 2.8.' })];
  if (inbound?.rejectedShare === undefined)
    return [
      say('unknown', {
        ...fields,
        message: 'postscreen pays where most connections come from bots; how many do is not known.',
      }),
    ];
  if (inbound.rejectedShare <= 0.5)
    return [
      say('keep', { ...fields, message: 'Most connections bring mail: postscreen would only delay them.' }),
    ];
  return [
    change(
      {
        ...fields,
        message:
          'Most connections are refused, and each holds an smtpd meanwhile. postscreen(8) deals with all of them in one process.',
        formula: `${inbound.rejectedShare} of connections, more than 0.5`,
        effect:
          'smtpd processes serve clients that bring mail. How many bots stay away depends on its tests; none is added here.',
        sure: 'documented',
        versions: '>=2.8',
      },
      (because) =>
        postscreenServices(door, because).filter(
          (each) =>
            each.type !== 'put-service' ||
            each.service.type === 'inet' ||
            !settings.services.some(
              ({ name, type }) => name === each.service.name && type === each.service.type,
            ),
        ),
    ),
  ];
}

/** As the lines that Postfix's own master.cf has ready. */
function postscreenServices(door: Service, because: Reason): Change[] {
  const { name, type, maxproc, ...rest } = door;
  const chroot = door.chroot === undefined ? {} : { chroot: door.chroot };
  const helper = (program: string): Change => ({
    type: 'put-service',
    service: {
      name: program,
      type: 'unix',
      ...chroot,
      maxproc: 0,
      command: program,
      options: [],
      arguments: [],
    },
    because,
  });
  const { private: _, ...pass } = rest;
  return [
    {
      type: 'put-service',
      service: { ...pass, ...(maxproc !== undefined && { maxproc }), name: 'smtpd', type: 'pass' },
      because,
    },
    helper('dnsblog'),
    helper('tlsproxy'),
    {
      type: 'put-service',
      service: {
        name,
        type,
        private: false,
        ...chroot,
        maxproc: 1,
        command: 'postscreen',
        options: [],
        arguments: [],
      },
      because,
    },
  ];
}

const stressed = [
  'smtpd_timeout',
  'smtpd_hard_error_limit',
  'smtpd_junk_command_limit',
  'address_verify_poll_count',
] as const;

/** Since 2.6 some settings follow stress by themselves; a fixed value takes that away. */
function stress({ settings, facts }: Context): Recommendation[] {
  if (satisfies(settings.version, '<2.6')) return [];
  const starving =
    (valueOf(facts.postfix.stressed) ?? 0) > 0 || (valueOf(facts.network.listenOverflows) ?? 0) > 0;
  return stressed.map((name) => {
    const fields = {
      id: `stress-${name.replaceAll('_', '-')}`,
      subject: name,
      facts: [facts.postfix.stressed, facts.network.listenOverflows],
      source: 'STRESS_README; RELEASE_NOTES 2.6',
    };
    if (!settings.isSet(name) || (settings.raw(name) ?? '').includes('stress'))
      return say('default', { ...fields, message: `${name} follows stress by itself since 2.6.` });
    if (!starving)
      return say('keep', {
        ...fields,
        message: `${name} = ${settings.raw(name)} does not follow stress. There is none now.`,
      });
    return change(
      {
        ...fields,
        message: `All smtpd processes were busy, and ${name} = ${settings.raw(name)} does not follow stress.`,
        formula: `the default: ${defaultOf(name, settings.version) ?? ''}`,
        effect: 'Under stress idle and erring clients leave after seconds.',
        sure: 'documented',
        versions: '>=2.6',
      },
      (because) => [{ type: 'remove-parameter', name, because }],
    );
  });
}
