import { change, say, type Adviser } from './recommendation.ts';
import { legal } from './settings.ts';

/** One client may not take more than half of the processes that there will be. */
export const adviseClients: Adviser = ({ settings }) => {
  const name = 'smtpd_client_connection_count_limit';
  const processes = settings.processLimit(settings.smtpd);
  const current = settings.number(name);
  if (processes === undefined || current === undefined) return [];
  const half = Math.max(1, Math.floor(Math.min(processes, 2 ** 30) / 2));
  const fields = {
    id: 'client-connections',
    subject: name,
    facts: [`${processes} smtpd processes, ${current} for one client`],
    formula: `half of ${processes} processes`,
    source: 'TUNING_README, measures against clients that make too many connections',
  };
  if (current !== 0 && current <= half)
    return [
      say(settings.isDefault(name) ? 'default' : 'already-so', {
        ...fields,
        message: 'One client cannot take all processes.',
      }),
    ];
  return [
    change(
      {
        ...fields,
        message: 'One client can take most or all smtpd processes.',
        effect:
          'A client that opens too many connections is told 421; clients in mynetworks are not counted.',
        sure: 'documented',
      },
      (because) => [
        { type: 'set-parameter', name, value: String(legal(name, half, settings.version)), because },
      ],
    ),
  ];
};
