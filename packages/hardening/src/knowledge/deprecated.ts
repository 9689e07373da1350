import { parameter } from '@postern/config';
import type { Edit } from '../rule.ts';
import { isYes, type Setting } from '../subject/setting.ts';
import type { Subject } from '../subject/subject.ts';

/** Edits that say the same in today's words; undefined where a person must translate a table. */
export function successorOf(setting: Setting, subject: Subject): Edit[] | undefined {
  const { name } = setting;
  // First the restriction that reads it says the same in itself.
  if (name === 'maps_rbl_domains' && subject.restrictions('reject_maps_rbl').length > 0) return undefined;
  const replacement = parameter(name)?.deprecated?.replacement;
  if (replacement === undefined) return [setting.unset()];
  if (!subject.knows(replacement)) return undefined;
  if (name.endsWith('_per_site')) return undefined;
  const already = setting.beside(replacement);
  const taken = already.origin !== 'default' && already.value !== '';
  if (name.endsWith('_enforce_peername')) return [setting.unset()];
  if (/_(use|enforce)_tls$/.test(name)) {
    const level = tlsLevel(setting);
    return [
      ...(taken || level === undefined ? [] : [setting.setBeside(replacement, level)]),
      setting.unset(),
    ];
  }
  if (name === 'disable_dns_lookups') {
    const level = isYes(setting) && !taken ? [setting.setBeside(replacement, 'disabled')] : [];
    return [...level, setting.unset()];
  }
  return [...(taken ? [] : [setting.setBeside(replacement, setting.raw)]), setting.unset()];
}

/** The security level that one of the old switches stood for. */
function tlsLevel(setting: Setting): string | undefined {
  if (!isYes(setting)) return undefined;
  if (!/^(smtp|lmtp)_enforce_tls$/.test(setting.name))
    return setting.name.includes('enforce') ? 'encrypt' : 'may';
  const peername = setting.beside(setting.name.replace('enforce_tls', 'tls_enforce_peername'));
  return peername.value.toLowerCase() === 'no' ? 'encrypt' : 'verify';
}
