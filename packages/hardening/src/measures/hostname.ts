import { defineMeasure, type Measure } from '../profiles/profile.ts';

export const hostname: Measure = defineMeasure({
  id: 'hostname',
  title: 'The host says its own full name',
  why: 'The name in HELO and greeting must be the one that the PTR record gives, or large providers refuse the mail.',
  source: 'postconf(5) myhostname; RFC 5321 section 4.1.1.1',
  versions: 'all',
  plan({ main }, { hostname: wanted }) {
    const setting = main.setting('myhostname');
    if (wanted !== undefined) return setting.value === wanted ? {} : { edits: [setting.set(wanted)] };
    if (setting.origin === 'default') {
      return {
        notes: [{ message: 'myhostname is not set, so the name of the machine is used. Input: hostname' }],
      };
    }
    if (/\.[a-z]/i.test(setting.value)) return {};
    return {
      notes: [
        {
          message: `myhostname = ${setting.value} is not a full name. Input: hostname`,
          setting: 'myhostname',
        },
      ],
    };
  },
});
