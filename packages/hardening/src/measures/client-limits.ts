import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { ClientLimits } from '../profiles/inputs.ts';

const defaults: ClientLimits = { connections: 120, messages: 300, recipients: 600, logins: 20 };

const parameters: Readonly<Record<keyof ClientLimits, string>> = {
  connections: 'smtpd_client_connection_rate_limit',
  messages: 'smtpd_client_message_rate_limit',
  recipients: 'smtpd_client_recipient_rate_limit',
  logins: 'smtpd_client_auth_rate_limit',
};

/** Also what mailbox_size_limit and virtual_mailbox_limit are by default, which must not be smaller. */
const messageSize = 51_200_000;

export const clientLimits: Measure = defineMeasure({
  id: 'client-limits',
  title: 'One client cannot take everything',
  why: 'By default a client may do as much as it likes in a minute. What is beyond the limit is told to come back later, so no mail is lost; own networks are exempt.',
  source: 'postconf(5) smtpd_client_connection_rate_limit and its like; TUNING_README',
  versions: '>=2.2',
  plan(subject, { limits }) {
    const { main } = subject;
    if (limits === false) return {};
    const wanted = { ...defaults, ...limits };
    const edits = (Object.keys(parameters) as (keyof ClientLimits)[]).flatMap((key) => {
      const setting = main.setting(parameters[key]);
      if (!subject.knows(setting.name)) return [];
      const asked = limits?.[key] !== undefined;
      const open = setting.value === '0';
      return (asked || open) && setting.value !== String(wanted[key])
        ? [setting.set(String(wanted[key]))]
        : [];
    });
    const size = main.setting('message_size_limit');
    const boxes = ['mailbox_size_limit', 'virtual_mailbox_limit'].map((name) =>
      Number(main.setting(name).value),
    );
    if (size.value === '0' && boxes.every((box) => box === 0 || box >= messageSize)) {
      edits.push(size.set(String(messageSize)));
    }
    const processes = main.setting('default_process_limit');
    const left =
      processes.origin === 'main'
        ? [
            {
              message: `default_process_limit = ${processes.raw} stays: more processes help only while sessions wait for something and the processor is idle; measure before you change it`,
              setting: 'default_process_limit',
            },
          ]
        : [];
    return { edits, notes: left };
  },
});
