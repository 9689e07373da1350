import { searchDomain, searchKey, searchNameAndAddress, type Search } from '../access/search.ts';
import { searchServers, type ServerKind } from '../access/server.ts';
import { replyClass } from '../access/status-code.ts';
import { findInTables } from '../address/find.ts';
import type { Certificate } from '../model/transaction.ts';
import type { Context, Evaluation, Status } from '../session/evaluation.ts';
import type { Check } from './compile.ts';

const isUnknown = (name: string): boolean => name.toLowerCase() === 'unknown';

function search(run: Evaluation, table: string, context: Context, replyName: string, about: string): Search {
  return { run, table: run.host.table(table), replyName, replyClass: about, context };
}

const fingerprints = ({ fingerprint, publicKeyFingerprint }: Certificate): string[] =>
  [fingerprint, publicKeyFingerprint].filter((print): print is string => print !== undefined);

const servers =
  (kind: ServerKind): Check =>
  (run, table, context) => {
    if (isUnknown(run.client.name)) return 'dunno';
    return searchServers(search(run, table, context, run.namaddr, replyClass.client), run.client.name, kind);
  };

const reverseServers =
  (kind: ServerKind): Check =>
  (run, table, context) => {
    const { reverseName } = run.client;
    if (isUnknown(reverseName)) return 'dunno';
    return searchServers(
      search(run, table, context, reverseName, replyClass.reverseClient),
      reverseName,
      kind,
    );
  };

const rejectUnknownClient: Check = (run) => {
  const { nameStatus, address } = run.client;
  if (nameStatus === 'ok') return 'dunno';
  const code = nameStatus === 'permanent' ? run.host.settings.number('unknown_client_reject_code') : 450;
  // RFC 7372; older versions have the general status.
  const enhanced = run.since('3.0') ? '4.7.25' : '4.7.1';
  return run.reject(code, enhanced, `Client host rejected: cannot find your hostname, [${address}]`);
};

const permitCertificates =
  (all: boolean): Check =>
  (run): Status => {
    const { certificate } = run;
    if (!certificate) return 'dunno';
    if (certificate.trusted && all) return 'permit';
    const tables = run.host.tables('relay_clientcerts');
    for (const print of fingerprints(certificate)) {
      const found = findInTables(tables, print, 'whole', run.read('relay_clientcerts'));
      if (found.status === 'failed') return run.lookupFailure(print, found.because);
      if (found.status === 'found') return 'permit';
    }
    return 'dunno';
  };

/** Restrictions by the client's address, name, login and certificate. */
export const clientChecks: Readonly<Record<string, Check>> = {
  permit_mynetworks(run) {
    const { host, client } = run;
    const match = run.matchList(host.mynetworks, client.name, client.address);
    if (match.status === 'failed') return run.lookupFailure(run.namaddr, match.because);
    if (match.status === 'no') return 'dunno';
    run.reason = `${client.address} is in ${match.pattern} of mynetworks`;
    return 'permit';
  },
  permit_inet_interfaces: (run) => (run.host.own.isOwn(run.client.address) ? 'permit' : 'dunno'),
  permit_sasl_authenticated: (run) =>
    run.saslActive && run.transaction.user !== undefined ? 'permit' : 'dunno',
  permit_tls_all_clientcerts: permitCertificates(true),
  permit_tls_clientcerts: permitCertificates(false),
  reject_unknown_client_hostname: rejectUnknownClient,
  reject_unknown_client: rejectUnknownClient,
  reject_unknown_reverse_client_hostname(run) {
    const { reverseStatus, address } = run.client;
    if (reverseStatus === 'ok') return 'dunno';
    const code = reverseStatus === 'permanent' ? run.host.settings.number('unknown_client_reject_code') : 450;
    return run.reject(code, '4.7.1', `Client host rejected: cannot find your reverse hostname, [${address}]`);
  },
  reject_plaintext_session: (run) =>
    run.encrypted
      ? 'dunno'
      : run.reject(
          run.host.settings.number('plaintext_reject_code'),
          '4.7.1',
          'Session encryption is required',
        ),
  check_client_access: (run, table, context) =>
    searchNameAndAddress(
      search(run, table, context, run.namaddr, replyClass.client),
      run.client.name,
      run.client.address,
    ) ?? 'dunno',
  check_reverse_client_hostname_access(run, table, context) {
    const { reverseName, address } = run.client;
    const found =
      searchNameAndAddress(
        search(run, table, context, reverseName, replyClass.reverseClient),
        reverseName,
        address,
      ) ?? 'dunno';
    if (found === 'permit' && !run.discard)
      run.configurationError(`check_reverse_client_hostname_access returns OK for ${reverseName}: use DUNNO`);
    return found;
  },
  check_client_a_access: servers('A'),
  check_client_mx_access: servers('MX'),
  check_client_ns_access: servers('NS'),
  check_reverse_client_hostname_a_access: reverseServers('A'),
  check_reverse_client_hostname_mx_access: reverseServers('MX'),
  check_reverse_client_hostname_ns_access: reverseServers('NS'),
  check_ccert_access(run, table, context) {
    const { certificate } = run;
    if (!certificate) return 'dunno';
    const about = search(run, table, context, certificate.commonName ?? '', replyClass.certificate);
    for (const print of fingerprints(certificate)) {
      const found = searchKey(about, print, false);
      // An entry that decides nothing does not keep the key from being asked about.
      if (found !== undefined && found !== 'dunno') return found;
    }
    return 'dunno';
  },
  check_sasl_access(run, table, context) {
    const { user } = run.transaction;
    if (!run.saslActive || user === undefined || user === '') return 'dunno';
    return searchKey(search(run, table, context, user, replyClass.login), user, false) ?? 'dunno';
  },
  check_etrn_access: (run, table, context) =>
    run.etrnName === undefined
      ? 'dunno'
      : (searchDomainOf(run, table, context, run.etrnName, replyClass.etrn) ?? 'dunno'),
};

function searchDomainOf(
  run: Evaluation,
  table: string,
  context: Context,
  name: string,
  about: string,
): Status | undefined {
  return searchDomain(search(run, table, context, name, about), name, false);
}
