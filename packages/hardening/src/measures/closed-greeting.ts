import { bareNewlineValue } from '../knowledge/smuggling.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';

export const closedGreeting: Measure = defineMeasure({
  id: 'closed-greeting',
  title: 'A door that is opened one day is a safe one',
  why: 'Nobody outside meets this server now. Whoever sets inet_interfaces one day gets a server that tells no names, no software, and takes line ends one way.',
  source: 'postconf(5) disable_vrfy_command, smtpd_banner, smtpd_forbid_bare_newline',
  versions: 'all',
  plan(subject) {
    const { main } = subject;
    const wanted = {
      disable_vrfy_command: 'yes',
      smtpd_banner: '$myhostname ESMTP',
      smtpd_forbid_bare_newline: bareNewlineValue(subject),
      smtpd_forbid_unauth_pipelining: subject.knows('smtpd_forbid_unauth_pipelining') ? 'yes' : undefined,
    };
    const edits = Object.entries(wanted).flatMap(([name, value]) => {
      const setting = main.setting(name);
      // What is on already stays as it is: `yes` of smtpd_forbid_bare_newline is stricter than ours.
      const closed = name === 'smtpd_banner' ? setting.raw === value : setting.value.toLowerCase() !== 'no';
      return value === undefined || closed ? [] : [setting.set(value)];
    });
    return { edits };
  },
});
