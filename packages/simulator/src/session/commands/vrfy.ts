import { byParameter, replyOf, type Conversation } from '../conversation.ts';
import { isMalformed, withoutRoute } from '../envelope-address.ts';
import { checkRecipient } from '../stage-lists.ts';
import { requireTls } from './requirements.ts';

/** VRFY: asks whether an address would be taken. */
export function vrfy(talk: Conversation, address: string): void {
  const { run } = talk;
  run.stage = 'VRFY';
  requireTls(talk, address);
  if (run.host.settings.flag('disable_vrfy_command'))
    talk.refuse(address, byParameter(run, 'disable_vrfy_command', 502, '5.5.1', 'VRFY command is disabled'));
  if (address === '' || isMalformed(run, address))
    talk.refuse(address, byParameter(run, 'VRFY', 501, '5.1.3', 'Bad recipient address syntax'));
  if (checkRecipient(run, withoutRoute(address)) === 'reject') talk.refuse(address, run.refusal!);
  talk.answer(address, replyOf(252, '2.0.0', address), run.permitted ?? null);
}
