/** Checked by tsc alone: each line after @ts-expect-error must not compile. */
import { perTransport, printValue, rawValue, userDefined } from '@postern/config';
import type { ParameterName, ParameterValue } from '@postern/config';

printValue('smtpd_helo_required', true);
printValue('smtpd_helo_required', 'yes');
printValue('smtpd_helo_required', '${stress?{yes}:{no}}');
// @ts-expect-error a boolean is yes or no
printValue('smtpd_helo_required', 'maybe');
// @ts-expect-error a boolean is no number
printValue('smtpd_helo_required', 1);
// @ts-expect-error a misspelt name
printValue('smtpd_helo_require', true);
// @ts-expect-error a name that is not known when the program is written
printValue(String(Date.now()), true);

printValue('queue_run_delay', { seconds: 300 });
printValue('queue_run_delay', '300s');
printValue('queue_run_delay', '$minimal_backoff_time');
// @ts-expect-error a time needs its unit
printValue('queue_run_delay', 300);
// @ts-expect-error fortnights are none of Postfix's units
printValue('queue_run_delay', '2f');

printValue('default_process_limit', 200);
printValue('smtpd_hard_error_limit', '${stress?{1}:{20}}');
// @ts-expect-error an integer is a number
printValue('default_process_limit', 'many');

printValue('smtpd_tls_security_level', 'may');
printValue('smtpd_tls_security_level', '');
// @ts-expect-error a server cannot verify through DANE
printValue('smtpd_tls_security_level', 'dane');
printValue('smtp_tls_security_level', 'dane-only');
printValue('smtpd_forbid_bare_newline', 'normalize');
printValue('smtpd_forbid_bare_newline', true);
printValue('inet_protocols', ['ipv4', 'ipv6']);
// @ts-expect-error not a protocol
printValue('inet_protocols', ['ipv5']);
printValue('smtpd_tls_protocols', '>=TLSv1.2');
// @ts-expect-error no such protocol version
printValue('smtpd_tls_protocols', '>=TLSv1.4');
printValue('compatibility_level', '3.10');
// @ts-expect-error 3.10 as a number would be 3.1
printValue('compatibility_level', 3.1);

printValue('mydestination', ['$myhostname', 'localhost']);
// @ts-expect-error a list is no number
printValue('mydestination', 5);
printValue('alias_maps', ['lmdb:/etc/aliases']);
// @ts-expect-error no such table type
printValue('alias_maps', ['hsah:/etc/aliases']);

printValue('smtpd_client_restrictions', [
  'permit_mynetworks',
  { restriction: 'reject_rbl_client', argument: 'zen.spamhaus.org=127.0.0.[2..11]' },
  'lmdb:/etc/postfix/clients',
  userDefined('greylist'),
  'reject',
]);
// @ts-expect-error a misspelt restriction
printValue('smtpd_client_restrictions', ['permit_mynetwork']);
// @ts-expect-error a list's domain is missing
printValue('smtpd_client_restrictions', ['reject_rbl_client']);
// @ts-expect-error permit_mynetworks takes no argument
printValue('smtpd_client_restrictions', [{ restriction: 'permit_mynetworks', argument: '10/8' }]);
// @ts-expect-error text is not checked, so it needs rawValue
printValue('smtpd_client_restrictions', 'permit_mynetworks, reject');
printValue('smtpd_client_restrictions', rawValue('permit_mynetworks, reject'));

printValue('smtp_destination_concurrency_limit', 20);
printValue('relay_destination_rate_delay', '1s');
printValue(perTransport('policy-spf', 'time_limit'), '3600s');
// @ts-expect-error a time limit is a time
printValue(perTransport('policy-spf', 'time_limit'), true);
// @ts-expect-error no such family of parameters
perTransport('policy-spf', 'time_limits');
printValue(userDefined('greylist'), 'check_policy_service unix:private/greylist');

const name: ParameterName = 'relayhost';
const value: ParameterValue<'relayhost'> = '[smtp.example.com]:587';
printValue(name, value);
