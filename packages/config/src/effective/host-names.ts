import type { Lookup } from '../expand/expand.ts';

/** What a host without a domain is in, to Postfix. */
const noDomain = 'localdomain';

/**
 * The names that Postfix computes when it starts: `myhostname` is what gethostname(2) says, with the domain
 * behind it when that has no dot; `mydomain` is what follows the first dot of `myhostname`.
 *
 * @param hostname  what gethostname(2) says there; without it `myhostname` is known only where it is set
 * @param setValue  the expanded value of a parameter that the files set
 * @see check_myhostname and check_mydomainname in Postfix's source, mail_params.c
 */
export function hostNames(hostname: string | undefined, setValue: Lookup): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const setName = setValue('myhostname');
  const setDomain = setValue('mydomain');
  const given =
    hostname !== undefined && (hostname.includes('.') ? hostname : `${hostname}.${setDomain ?? noDomain}`);
  if (setName === undefined && given) names.set('myhostname', given);
  const name = setName ?? names.get('myhostname');
  if (setDomain === undefined && name !== undefined) {
    const dot = name.indexOf('.');
    names.set('mydomain', dot < 0 ? noDomain : name.slice(dot + 1));
  }
  return names;
}
