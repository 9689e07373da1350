import type { Dnsbl } from '@postern/dnsbl';
import type { Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { Handler } from './handler.ts';

export interface DnsblHandlerOptions {
  /** The lists with their weights and threshold. */
  readonly dnsbl: Pick<Dnsbl, 'score'>;
  /** What is answered at the threshold (a 550 5.7.1 that names the lists). */
  readonly action?: Action;
  /** Requests that are never looked up; authenticated clients never are. */
  readonly exempt?: (request: PolicyRequest) => boolean;
}

/**
 * Weighs block and allow lists as postscreen does, for hosts where postscreen cannot stand in front of smtpd.
 * A list that fails adds nothing. Wire it in smtpd_recipient_restrictions after reject_unauth_destination.
 */
export function dnsblHandler({ dnsbl, action, exempt }: DnsblHandlerOptions): Handler {
  return {
    name: 'dnsbl',
    deadline: 12_000,
    onFailure: { type: 'dunno' },
    async handle(request, { note, signal }) {
      const { clientAddress, saslUsername } = request;
      if (clientAddress === undefined || saslUsername !== undefined || exempt?.(request)) return undefined;
      const { score, threshold, reached, because, errors, problem } = await dnsbl.score(clientAddress, {
        signal,
      });
      for (const { zone, reason } of errors) note(`${zone} gave no verdict: ${reason}`);
      if (problem) {
        note(problem.message);
        return undefined;
      }
      note(`score ${score} of ${threshold}`);
      if (!reached) return undefined;
      const zones = because.filter(({ weight }) => weight > 0).map(({ zone }) => zone);
      return (
        action ?? {
          type: 'reject',
          code: 550,
          enhanced: '5.7.1',
          text: `Service unavailable; client host [${clientAddress}] blocked using ${zones.join(', ')}`,
        }
      );
    },
  };
}
