/** A command line that prints JSON: the name of the schema that tells of it, the words, what it reads. */
export type JsonCommand = readonly [name: string, words: string, input?: string];

const pf = '--postfix 3.7.11';
const dns = '--zone dns.json';
const client = `--ip 192.0.2.7 --helo mx.example.org --sender a@example.com ${dns}`;
const transaction = '--client 192.0.2.7 --from a@example.org --to b@example.com --dns dns.json';
const recorded = `--facts probe.txt --workload mail.json ${pf}`;
const request =
  'request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.7\nhelo_name=mx.example.org\nsender=a@\nrecipient=b@example.com\n\n';

/** On a folder, with DNS from a file. */
export const onFolder: readonly JsonCommand[] = [
  ['audit', `audit etc ${pf} --json`],
  ['audit-sarif', `audit etc ${pf} --sarif`],
  ['plan', `plan etc ${pf} --json`],
  ['modernise', `modernise etc --from 3.5.25 --to 3.10.4 ${pf} --json`],
  ['apply', `apply etc ${pf} --json`],
  ['status', 'status etc --json'],
  ['rollback', 'rollback etc --json'],
  ['config-get', `config get etc myhostname ${pf} --json`],
  ['config-set', `config set etc mydomain example.com ${pf} --json`],
  ['config-unset', `config unset etc mydomain ${pf} --json`],
  ['config-explain', `config explain mynetworks etc ${pf} --json`],
  ['config-check', `config check etc ${pf} --json`],
  ['config-effective', `config effective etc ${pf} --json`],
  ['config-diff', 'config diff etc etc/main.cf --json'],
  ['config-merge', 'config merge etc/main.cf etc/main.cf etc/main.cf --json'],
  ['config-convert', 'config convert etc/main.cf --to json'],
  ['simulate', `simulate etc ${pf} ${transaction} --json`],
  ['relay-proof', `relay-proof etc ${pf} --json`],
  ['replay', `replay etc etc ${pf} --log mail.log --dns dns.json --json`],
  ['spf-check', `spf check ${client} --json`],
  ['spf-explain', `spf explain ${client} --json`],
  ['spf-lint', `spf lint example.com ${dns} --json`],
  ['spf-flatten', `spf flatten example.com ${dns} --json`],
  ['spf-diff', `spf diff example.com v=spf1␣mx␣-all --domain example.com ${dns} --json`],
  ['spf-build', 'spf build --mx --all fail --json'],
  ['tune-show', `tune show etc ${recorded} --json`],
  ['tune-recommend', `tune recommend etc ${recorded} --json`],
  ['tune-capacity', `tune capacity etc ${recorded} --json`],
  ['tune-doctor', `tune doctor etc ${recorded} --json`],
  ['tune-measure', 'tune measure etc --commit --directory . --seconds 1 --json'],
  ['dnsbl-check', `dnsbl check 192.0.2.7 nonsense.. --lists zen.spamhaus.org ${dns} --json`],
  ['dnsbl-health', `dnsbl health --lists zen.spamhaus.org ${dns} --json`],
  ['dnsbl-lists', 'dnsbl lists --json'],
  ['dnsbl-emit', 'dnsbl emit --lists zen.spamhaus.org --json'],
  ['policy-query', 'policy query --config policy.json --json', request],
  ['policy-import', 'policy import policyd-spf.conf'],
  ['policy-wire', `policy wire etc ${pf} --json`],
  ['domain-check', `domain check example.com --no-connect --lists dbl.spamhaus.org ${dns} --json`],
  ['domain-check', `domain check example.com example.org --message mail.eml --no-connect ${dns} --json`],
  ['host-check', `host check mx.example.com --no-connect --lists zen.spamhaus.org ${dns} --json`],
  ['message-check', `message check mail.eml ${client} --json`],
  ['tls-report', 'tls report --log mail.log --json'],
  ['tls-require', `tls require etc example.net=encrypt ${pf} --json`],
  ['records', 'records example.com --spf v=spf1␣mx␣-all --json'],
  ['explain-reply', 'explain-reply 550 5.7.515 Access denied --json'],
  ['doctor', `doctor ${dns} --json`],
];

const mx = '--null-sender';

/** On a host with mail in its queue, one after the other; TARGET is the host, HELD the hold that was last. */
export const onHost: readonly JsonCommand[] = [
  ['apply', 'apply TARGET --no-block-lists --yes --confirm-within 60s --json'],
  ['confirm', 'confirm TARGET --json'],
  ['apply', 'apply TARGET --no-block-lists --yes --json'],
  ['status', 'status TARGET --json'],
  ['rollback', 'rollback TARGET --yes --json'],
  ['config-set', 'config set TARGET smtpd_banner $myhostname␣ESMTP --yes --json'],
  ['policy-wire', 'policy wire TARGET --apply --yes --json'],
  ['rollback', 'rollback TARGET --yes --json'],
  ['tune-show', 'tune show TARGET --json'],
  ['tune-doctor', 'tune doctor TARGET --json'],
  ['tune-measure', 'tune measure TARGET --messages 5 --sessions 2 --seconds 30 --json'],
  ['queue-summary', 'queue summary TARGET --json'],
  ['queue-list', 'queue list TARGET --json'],
  ['queue-list', 'queue list TARGET --sender nobody@example.net --json'],
  ['queue-hold', `queue hold TARGET ${mx} --json`],
  ['queue-hold', `queue hold TARGET ${mx} --yes --json`],
  ['queue-release', `queue release TARGET ${mx} --yes --json`],
  ['queue-requeue', 'queue requeue TARGET --sender shop@mail.lab.test --yes --json'],
  ['queue-flush', 'queue flush TARGET --sender shop@mail.lab.test --yes --json'],
  ['queue-triage', 'queue triage TARGET --json'],
  ['queue-triage', 'queue triage TARGET --hold --yes --json'],
  ['queue-delete', 'queue delete TARGET --held HELD --yes --json'],
  ['queue-undo', 'queue undo TARGET --yes --json'],
  ['queue-delete', 'queue delete TARGET --sender nobody@example.net --yes --json'],
  ['queue-resume', 'queue resume TARGET --json'],
  ['queue-history', 'queue history TARGET --json'],
  ['queue-trace', 'queue trace TARGET shop@mail.lab.test --json'],
];

/** Within the network of that host, where it is seen from outside. */
export const inNetwork: readonly JsonCommand[] = [
  ['domain-check', 'domain check lab.test --server 127.0.0.1 --json'],
  ['host-check', 'host check mail.lab.test --lists zen.spamhaus.org --server 127.0.0.1 --json'],
];

/** On a fleet of which one host goes wrong, one after the other; a document on each line of some. */
export const onFleet: readonly JsonCommand[] = [
  ['fleet-plan', 'fleet plan INVENTORY --plan plan.json --json'],
  ['fleet-apply', 'fleet apply INVENTORY --plan plan.json --pause-after canary --yes --json'],
  ['fleet-status', 'fleet status INVENTORY --json'],
  ['fleet-resume', 'fleet resume INVENTORY --yes --json'],
  ['fleet-status', 'fleet status INVENTORY --json'],
];

/** Where a rollout is under way; interrupt-fleet.test.ts runs it. */
export const onRunningFleet: readonly JsonCommand[] = [['fleet-pause', 'fleet pause INVENTORY --json']];

/** The words of a command line; ␣ is a blank within a word. */
export function wordsOf(line: string, names: Readonly<Record<string, string>> = {}): string[] {
  return line.split(' ').map((word) => names[word] ?? word.replaceAll('␣', ' '));
}
