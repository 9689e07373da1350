import { defaultOf, parameterNames } from '@postern/config';
import { isBelowLevel, newestLevel } from '../knowledge/compatibility.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';
import { readSubject } from '../subject/read.ts';
import type { Subject } from '../subject/subject.ts';

/** Defaults that changed for everybody, whatever the level, and that decide who reaches the host. */
const alwaysChanged: readonly string[] = ['inet_protocols'];

/**
 * Raises compatibility_level to that of the release, and writes out every default that hangs on it where the old
 * release or level had another one.
 */
export function explicitDefaults(old: Subject): Measure {
  return defineMeasure({
    id: 'explicit-defaults',
    title: 'What the level or the release would change is written out',
    why: 'The host goes on to do what it did; who wants the new default takes the line out.',
    source: 'COMPATIBILITY_README; RELEASE_NOTES',
    versions: '>=2.9',
    plan(subject) {
      const { main, version, configuration } = subject;
      const wanted = newestLevel(subject);
      const edits: Edit[] = [];
      if (wanted !== undefined && isBelowLevel(main.setting('compatibility_level').value, wanted))
        edits.push(main.setting('compatibility_level').set(wanted));
      // A release that does not know the level is at none, whatever the file says for later.
      const known = old.knows('compatibility_level');
      const level = (known && old.main.setting('compatibility_level').value) || '0';
      // What a release that did not know the parameter did is what the lowest level keeps.
      const kept = readSubject({
        ...configuration,
        main: `compatibility_level = ${plain(level)}\n`,
        version,
      });
      const names = parameterNames(version).filter(
        (name) => defaultOf(name, version)?.includes('compatibility_level') && subject.knows(name),
      );
      for (const name of [...names, ...alwaysChanged]) {
        if (main.sets(name) || isDecidedElsewhere(name, old)) continue;
        const before = old.knows(name) ? old.main.setting(name) : kept.main.setting(name);
        const raw = before.raw.includes('compatibility_level')
          ? levelBranch(before.raw, plain(level))
          : before.raw;
        const settled = edits.length > 0 ? atLevel(subject, wanted).main.setting(name) : main.setting(name);
        if (settled.value !== before.value) edits.push(main.setting(name).set(raw));
      }
      const wasChroot = isBelowLevel(plain(level), '1');
      if (wanted !== undefined && wasChroot) {
        for (const { service } of subject.services)
          if (service.chroot === undefined)
            edits.push({ type: 'put-service', service: { ...service, chroot: true } });
      }
      return { edits };
    },
  });
}

/** The relay list of a release that had none comes from the recipient list, and then the order says nothing. */
function isDecidedElsewhere(name: string, old: Subject): boolean {
  return (
    /^smtpd_relay_(restrictions|before_recipient_restrictions)$/.test(name) &&
    !old.knows('smtpd_relay_restrictions')
  );
}

/** The same configuration after the level is raised. */
function atLevel({ configuration, main }: Subject, level: string | undefined): Subject {
  const text = main.tree.entries
    .map((entry) => (entry.type === 'parameter' && entry.name === 'compatibility_level' ? '' : entry.text))
    .join('');
  const raised = level === undefined ? text : `compatibility_level = ${level}\n${text}`;
  return readSubject({ ...configuration, main: raised });
}

/** What a default of the form `${{$compatibility_level} <level {2} ? {old} : {new}}` is below its level, or from it on. */
function levelBranch(raw: string, level: string): string {
  const match = /<\s*(?:level)?\s*\{([\d.]+)\}\s*\?\s*\{(.*?)\}\s*:\s*\{(.*)\}\}$/s.exec(raw);
  if (!match) return raw;
  return isBelowLevel(level, match[1]!) ? match[2]! : match[3]!;
}

function plain(level: string): string {
  return /^\d+(\.\d+)*$/.test(level) ? level : '0';
}
