import { carryOut } from '../access/action.ts';
import { unknownActions } from '../access/search.ts';
import type { PolicyRequest } from '../model/world.ts';
import type { Evaluation } from '../session/evaluation.ts';
import type { Check } from './compile.ts';

/** Restrictions that need nothing of the transaction. */
export const generalChecks: Readonly<Record<string, Check>> = {
  permit: () => 'permit',
  defer: (run, _, { replyName, replyClass }) =>
    run.reject(
      run.host.settings.number('defer_code'),
      '4.3.2',
      `<${replyName}>: ${replyClass} rejected: Try again later`,
    ),
  reject: (run, _, { replyName, replyClass }) =>
    run.reject(
      run.host.settings.number('reject_code'),
      '5.7.1',
      `<${replyName}>: ${replyClass} rejected: Access denied`,
    ),
  defer_if_permit: (run, _, { replyName, replyClass }) =>
    run.deferIfPermitted(450, '4.7.0', `<${replyName}>: ${replyClass} rejected: defer_if_permit requested`),
  defer_if_reject: (run, _, { replyName, replyClass }) =>
    run.deferIfRejected(450, '4.7.0', `<${replyName}>: ${replyClass} rejected: defer_if_reject requested`),
  sleep(run, seconds) {
    run.reason = `waits ${seconds} s`;
    return 'dunno';
  },
  reject_unauth_pipelining(run, _, { replyName, replyClass }) {
    const stated = run.transaction.pipelining?.includes(run.stage) ?? false;
    if (!stated || (run.esmtp && run.stage !== 'DATA')) return 'dunno';
    return run.reject(
      503,
      '5.5.0',
      `<${replyName}>: ${replyClass} rejected: Improper use of SMTP command pipelining`,
    );
  },
  check_policy_service(run, server, context) {
    const name = policyServer(server);
    const { policy } = run.host.world;
    const request = policyRequest(run);
    const key = `policy ${name} ${JSON.stringify(request)}`;
    const known = policy && run.answers.once(key, () => policy(name, request));
    const source = { table: name, key: 'policy query', file: null, line: null };
    if (known !== undefined) return carryOut(run, known, source, context, context);
    const says = run.assume(
      { what: 'policy', name, because: 'nobody says what the policy server answers', ...run.here() },
      `${run.stage} ${run.recipient ?? ''}`,
      unknownActions,
    );
    return carryOut(run, says, source, context, context);
  },
};

/** `{ inet:host:port, timeout=5s }` names a server with settings of its own. */
function policyServer(argument: string): string {
  return argument.startsWith('{')
    ? (argument
        .slice(1)
        .trim()
        .split(/[\s,}]/)[0] ?? argument)
    : argument;
}

/** What smtpd tells a policy server. @see SMTPD_POLICY_README */
function policyRequest(run: Evaluation): PolicyRequest {
  const { transaction, client, certificate } = run;
  return {
    request: 'smtpd_access_policy',
    protocol_state: run.stage === 'END-OF-DATA' ? 'END-OF-MESSAGE' : run.stage,
    protocol_name: run.esmtp ? 'ESMTP' : 'SMTP',
    client_address: client.address,
    client_name: client.name,
    reverse_client_name: client.reverseName,
    helo_name: run.heloName ?? '',
    sender: run.sender ?? '',
    recipient: run.recipient ?? '',
    recipient_count: String(run.stage === 'DATA' || run.stage === 'END-OF-DATA' ? run.recipientCount : 0),
    etrn_domain: run.etrnName ?? '',
    size: String(transaction.size ?? 0),
    sasl_method: run.saslActive && transaction.user !== undefined ? 'PLAIN' : '',
    sasl_username: run.saslActive ? (transaction.user ?? '') : '',
    sasl_sender: '',
    ccert_subject: certificate?.commonName ?? '',
    ccert_fingerprint: certificate?.fingerprint ?? '',
    ccert_pubkey_fingerprint: certificate?.publicKeyFingerprint ?? '',
    stress: run.host.world.stress ?? '',
  };
}
