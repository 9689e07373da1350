import { filteredZone } from './restrictions.ts';
import { policyEntries, type BlockListPolicy } from './policy.ts';

/**
 * The text of an `rbl_reply_maps` table: one line a list, so that people who are turned away learn which list it was
 * and what it says about them, and so that a key in the zone's name is never shown to them.
 *
 *     zen.spamhaus.org=127.0.0.[2..11]  $rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using …
 *     ^ Postfix looks for zone=filter first, for the bare zone after that
 *
 * @see postconf(5) rbl_reply_maps, default_rbl_reply
 * @throws RangeError as policyEntries
 */
export function rblReplyMap(policy: BlockListPolicy): string {
  const lines = policyEntries(policy)
    .filter(({ list }) => list !== undefined && list.kind !== 'allow')
    .map(({ zone, list, key }) => {
      const shown = key === undefined ? zone : list!.name;
      const text = `$rbl_code 5.7.1 Service unavailable; $rbl_class [$rbl_what] blocked using ${shown}\${rbl_reason?; $rbl_reason}`;
      return `${filteredZone(list!, key === undefined ? {} : { key })}  ${text}\n`;
    });
  return lines.join('');
}

/** The text of a `postscreen_dnsbl_reply_map` table: what is said in place of a zone with a key in it. */
export function postscreenReplyMap(policy: BlockListPolicy): string {
  return policyEntries(policy)
    .filter(({ key }) => key !== undefined)
    .map(({ zone, list }) => `${zone}  ${list!.zone}\n`)
    .join('');
}
