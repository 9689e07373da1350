/** Checked by tsc alone: each line after @ts-expect-error must not compile. */
import { parseMain, rawValue, setParameter, userDefined } from '@postern/config';

const tree = parseMain('');

setParameter(tree, 'smtpd_helo_required', true);
setParameter(tree, 'queue_run_delay', { seconds: 300 });
setParameter(tree, 'queue_run_delay', '300s');
setParameter(tree, 'smtpd_tls_security_level', 'may');
setParameter(tree, 'smtpd_relay_restrictions', ['permit_mynetworks', 'reject_unauth_destination']);
setParameter(tree, userDefined('greylist'), 'check_policy_service unix:private/greylist');
setParameter(tree, 'smtpd_helo_required', rawValue('perhaps'));

// @ts-expect-error a misspelt name
setParameter(tree, 'smtpd_helo_require', 'yes');
// @ts-expect-error a boolean is yes or no
setParameter(tree, 'smtpd_helo_required', 'maybe');
// @ts-expect-error a time is no bare number
setParameter(tree, 'queue_run_delay', 300);
// @ts-expect-error no such level
setParameter(tree, 'smtpd_tls_security_level', 'strong');
// @ts-expect-error no such restriction
setParameter(tree, 'smtpd_relay_restrictions', ['permit_mynetworks', 'reject_unauth_destinations']);

// A name and a value that come from data are text.
const change: { name: string; value: string } = JSON.parse('{"name":"a","value":"b"}');
setParameter(tree, change.name, change.value);
// @ts-expect-error of an unknown name the type is unknown
setParameter(tree, change.name, 5);
