import type { Plan } from '@postern/plan';
import type { ConnectOptions, HostApplyOptions } from '@postern/controller';
import { because, masterText, plan, set } from '../postfix/stage.ts';

/** One way in which an apply goes wrong, and how it has to end. */
export interface FaultCase {
  readonly group: string;
  readonly fault: string;
  /** After which step of the apply, or when else. */
  readonly step: string;
  /** What the apply says: the code of its error, or its status. */
  readonly says: string;
  /** What the next contact says of the host before it mends anything. */
  readonly contact: 'nothing waits' | 'waits to be confirmed' | 'cut short';
  /** The files that the host has in the end. */
  readonly ends: 'old' | 'new';
  readonly plan?: Plan;
  /** Text for the host's shell that is put into the program after the step. */
  readonly inject?: {
    readonly operation: 'transaction' | 'settle';
    readonly step: string;
    readonly text: string;
  };
  /** Text that replaces other text of the program. */
  readonly replace?: readonly [from: string, to: string];
  /** Run on the host before, between the reading and the change, and after the apply. */
  readonly before?: string;
  readonly between?: string;
  readonly after?: string;
  readonly connect?: Partial<ConnectOptions>;
  readonly options?: HostApplyOptions;
  /** The configuration folder of another instance that is meant; the first one then stays as it is. */
  readonly folder?: string;
  /** main.cf and master.cf are not compared: the fault itself changed them. */
  readonly edited?: true;
}

const steps = [
  'read',
  'staged',
  'validated',
  'journal',
  'armed',
  'committing',
  'renamed 1',
  'renamed 2',
  'committed',
  'told',
] as const;
type Step = (typeof steps)[number];

const dieNow = "sh -c 'kill -KILL $PPID'";
const cutSession = (user: string): string => `pkill -KILL -f '^sshd: ${user}@notty'; sleep 0.05`;

/** How a change looks to the next contact that got as far as a step and no further. */
function stoppedAt(step: Step): FaultCase['contact'] {
  if (step === 'committed' || step === 'told') return 'waits to be confirmed';
  return steps.indexOf(step) < steps.indexOf('journal') ? 'nothing waits' : 'cut short';
}

const after = (step: Step, text: string): Pick<FaultCase, 'inject' | 'step'> => ({
  step: `after ${step}`,
  inject: { operation: 'transaction', step, text },
});

const killed = steps.map((step): FaultCase => ({
  group: 'kill -9 of the program on the host',
  fault: 'killed',
  ...after(step, dieNow),
  says: 'outcome-unknown',
  contact: stoppedAt(step),
  ends: 'old',
}));

const cut = steps.map((step): FaultCase => ({
  group: 'The connection is cut',
  fault: 'the session of sshd is killed; the program on the host goes on to the end of the change',
  ...after(step, cutSession('root')),
  says: 'outcome-unknown',
  contact: 'waits to be confirmed',
  ends: 'old',
}));

const silent = (['staged', 'armed', 'committing', 'renamed 1', 'told'] as const).map((step): FaultCase => ({
  group: 'The connection goes silent',
  fault: 'nothing comes through any more',
  ...after(step, "pkill -STOP -f '^sshd: root@notty'"),
  says: 'outcome-unknown',
  contact: 'waits to be confirmed',
  ends: 'old',
  connect: { keepalive: { interval: 200, count: 2 } },
  after: "pkill -KILL -f '^sshd: root@notty' || :",
}));

const allGone = (['armed', 'committing', 'renamed 1', 'committed'] as const).map((step): FaultCase => ({
  group: 'Program and watchdog are killed',
  fault: 'nobody is left on the host; the next contact undoes it',
  ...after(
    step,
    `kill -KILL -- "-$(cat "$change/watchdog")" 2>/dev/null || kill -s KILL -- "-$(cat "$change/watchdog")"; ${dieNow}`,
  ),
  says: 'outcome-unknown',
  contact: stoppedAt(step),
  ends: 'old',
}));

const reboot = (['armed', 'committing', 'renamed 1', 'committed'] as const).map((step): FaultCase => ({
  group: 'A reboot before the confirmation',
  fault: 'every process is gone; the entry that runs at boot undoes it',
  ...after(step, dieNow),
  says: 'outcome-unknown',
  contact: 'nothing waits',
  ends: 'old',
  after:
    'postfix stop; pkill -KILL -f "[e]xec sh"; echo another >/run/boot; mount --bind /run/boot /proc/sys/kernel/random/boot_id; for entry in /etc/rc2.d/S*postern*; do sh "$entry"; done; umount /proc/sys/kernel/random/boot_id; postfix start',
}));

const small = 'mkdir -p /var/lib/postern; mount -t tmpfs -o size=128k tmpfs /var/lib/postern';
const fill = 'head -c 2000000 /dev/zero >"$state/fill" 2>/dev/null || :';
const etcFull =
  'mount -o remount,size=$(( $(du -sk /etc/postfix | cut -f 1) + 8 ))k /etc/postfix && head -c 2000000 /dev/zero >/etc/postfix/fill 2>/dev/null || :';
const etcFree = 'rm -f /etc/postfix/fill; mount -o remount,size=50% /etc/postfix';
const full: FaultCase[] = [
  {
    fault: 'no space for the journal',
    step: 'before',
    before: `${small}; head -c 2000000 /dev/zero >/var/lib/postern/fill 2>/dev/null || :`,
    after: 'umount /var/lib/postern',
  },
  {
    fault: 'no space for the journal',
    ...after('read', fill),
    before: small,
    after: 'umount /var/lib/postern',
  },
  {
    fault: 'no space for the journal',
    ...after('validated', fill),
    before: small,
    after: 'umount /var/lib/postern',
  },
  { fault: 'no space beside the files', step: 'before', before: etcFull, after: etcFree },
  { fault: 'no space beside the files', ...after('read', etcFull), after: etcFree },
].map((each) => ({
  group: 'The disk is full',
  says: 'no-space',
  contact: 'nothing waits',
  ends: 'old',
  ...each,
}));

const readOnly = 'mount -o remount,ro /etc/postfix';
const writable = 'mount -o remount,rw /etc/postfix';
const readonlyCases: FaultCase[] = [
  { fault: 'the files cannot be written', step: 'before', before: readOnly, after: writable },
  { fault: 'the files cannot be written', ...after('read', readOnly), after: writable },
  { fault: 'the files cannot be written', ...after('validated', readOnly), after: writable },
  {
    fault: 'the journal cannot be written',
    step: 'before',
    before: `${small}; mount -o remount,ro /var/lib/postern`,
    after: 'umount /var/lib/postern',
  },
].map((each) => ({
  group: 'Mounted read-only',
  says: 'read-only',
  contact: 'nothing waits',
  ends: 'old',
  ...each,
}));

const stuck: FaultCase[] = ['main.cf', 'master.cf'].map((file) => ({
  group: 'A file that cannot be replaced',
  fault: `${file} is a mount point of its own, which no rename replaces`,
  step: 'before',
  says: 'write-failed',
  contact: 'nothing waits',
  ends: 'old',
  before: `cp -p /etc/postfix/${file} /run/${file}; touch -d "2 hours ago" /run/${file}; mount --bind /run/${file} /etc/postfix/${file}`,
  after: `umount /etc/postfix/${file}`,
}));

const immutable: FaultCase[] = [
  {
    fault: 'main.cf is immutable',
    step: 'before',
    before: 'chattr +i /etc/postfix/main.cf',
    after: 'chattr -i /etc/postfix/main.cf',
  },
  {
    fault: 'master.cf is immutable',
    step: 'before',
    before: 'chattr +i /etc/postfix/master.cf',
    after: 'chattr -i /etc/postfix/master.cf',
  },
  {
    fault: 'main.cf is immutable',
    ...after('validated', 'chattr +i /etc/postfix/main.cf'),
    after: 'chattr -i /etc/postfix/main.cf',
  },
  {
    fault: 'main.cf is immutable',
    ...after('renamed 1', 'chattr +i /etc/postfix/main.cf'),
    after: 'chattr -i /etc/postfix/main.cf',
  },
  {
    fault: 'the folder is immutable',
    step: 'before',
    before: 'chattr +i /etc/postfix',
    after: 'chattr -i /etc/postfix',
  },
].map((each) => ({
  group: 'A file that cannot be replaced',
  says: 'permission-denied',
  contact: 'nothing waits',
  ends: 'old',
  ...each,
}));

const byHand =
  'sed "s/kept as it is/by hand/" /etc/postfix/main.cf >/run/edit; touch -d "2 hours ago" /run/edit; cp -p /run/edit /etc/postfix/.edit; mv /etc/postfix/.edit /etc/postfix/main.cf';
const edits: FaultCase[] = [
  { fault: 'main.cf is replaced', step: 'between reading and changing', between: byHand },
  { fault: 'main.cf is replaced', ...after('staged', byHand) },
  { fault: 'main.cf is replaced', ...after('committing', byHand) },
  { fault: 'main.cf is written in place', ...after('staged', 'echo "# by hand" >>/etc/postfix/main.cf') },
].map((each) => ({
  group: 'Somebody edits at the same time',
  says: 'changed-meanwhile',
  contact: 'nothing waits',
  ends: 'old',
  edited: true as const,
  ...each,
}));

const bad = (fault: string, changes: Plan['changes'], says: string): FaultCase => ({
  group: 'A configuration that `postfix check` passes, or that it refuses too late',
  fault,
  step: 'the plan',
  plan: plan(changes, ['greeting', 'no-relay']),
  says,
  contact: 'nothing waits',
  ends: 'old',
});
const put = (path: string, content: string): Plan['changes'][number] => ({
  type: 'put-file',
  path,
  content,
  because,
});
const badPlans: FaultCase[] = [
  bad('`queue_run_delay = 300q`', [set('queue_run_delay', '300q')], 'invalid-configuration'),
  bad(
    'no reject_unauth_destination anywhere',
    [
      set('smtpd_relay_restrictions', 'permit_mynetworks'),
      set('smtpd_recipient_restrictions', 'permit_mynetworks'),
    ],
    'invalid-configuration',
  ),
  bad(
    'the network of a stranger in mynetworks',
    [set('mynetworks', '127.0.0.0/8, 198.51.100.0/24')],
    'rolled-back',
  ),
  bad(
    'open to strangers',
    [
      set('smtpd_relay_restrictions', 'permit'),
      set('smtpd_recipient_restrictions', 'permit'),
      set('mynetworks', '127.0.0.0/8, 0.0.0.0/0'),
    ],
    'invalid-configuration',
  ),
  bad('an unknown TLS level', [set('smtpd_tls_security_level', 'maybe')], 'invalid-configuration'),
  bad(
    'a table that was never compiled',
    [set('smtpd_sender_restrictions', 'check_sender_access hash:/etc/postfix/nowhere')],
    'missing-file',
  ),
  bad(
    'a certificate that is not there',
    [set('smtpd_tls_cert_file', '/etc/postfix/nowhere.pem'), set('smtpd_tls_security_level', 'may')],
    'missing-file',
  ),
  bad(
    'a misspelt restriction',
    [set('smtpd_recipient_restrictions', 'permit_mynetworks, reject_unauth_destinations')],
    'invalid-configuration',
  ),
  bad(
    'a program that does not exist',
    [
      {
        type: 'put-service',
        service: { name: 'nobody', type: 'unix', command: 'nobodyd', options: [], arguments: [] },
        because,
      },
    ],
    'missing-file',
  ),
  bad('a number that is none', [set('default_process_limit', 'many')], 'invalid-configuration'),
  bad(
    'a line without `=`',
    [put('main.cf', 'compatibility_level = 3.6\nmydestination\n')],
    'invalid-configuration',
  ),
  bad(
    'a service with too few fields',
    [put('master.cf', `${masterText}broken unix - -\n`)],
    'invalid-configuration',
  ),
  bad(
    'a table that does not compile',
    [
      put('broken', '"open\n'),
      { type: 'postfix-action', action: 'postmap', table: 'nosuchtype:/etc/postfix/broken', because },
    ],
    'check-failed',
  ),
];

const refused: FaultCase[] = [
  {
    group: 'Postfix refuses',
    fault: '`postfix check` fails on the copy',
    step: 'validating',
    says: 'check-failed',
    replace: ['unlocked postfix -c "$change/check" check', 'false'],
  },
  {
    group: 'Postfix refuses',
    fault: '`postfix reload` fails',
    step: 'telling',
    says: 'step-failed',
    replace: ['*) unlocked postfix -c "$directory" reload', '*) false'],
  },
  {
    group: 'Postfix refuses',
    fault: 'Postfix dies of it',
    ...after('told', 'kill -KILL "$(master_pid)"; sleep 0.1'),
    options: { patience: 2000 },
    says: 'rolled-back',
  },
].map((each) => ({ contact: 'nothing waits', ends: 'old', ...each }) as FaultCase);

const deploy: Partial<ConnectOptions> = { user: 'deploy' };
const askingSudo =
  'echo "Defaults timestamp_timeout=0,passwd_tries=1\ndeploy ALL=(ALL) ALL" >/etc/sudoers.d/deploy';
const freeSudo = 'echo "deploy ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/deploy';
const sudo: FaultCase[] = [
  { fault: 'everything is well', step: 'none', says: 'applied', contact: 'nothing waits', ends: 'new' },
  {
    fault: 'sudo wants a password that nobody gives',
    step: 'before',
    says: 'sudo-refused',
    contact: 'nothing waits',
    ends: 'old',
    before: askingSudo,
    after: freeSudo,
  },
  {
    fault: 'the password is wrong',
    step: 'before',
    says: 'sudo-refused',
    contact: 'nothing waits',
    ends: 'old',
    before: askingSudo,
    after: freeSudo,
    connect: { ...deploy, sudoPassword: () => 'wrong' },
  },
  {
    fault: 'the connection is cut',
    ...after('renamed 1', cutSession('deploy')),
    says: 'outcome-unknown',
    contact: 'waits to be confirmed',
    ends: 'old',
  },
  {
    fault: 'killed',
    ...after('committing', dieNow),
    says: 'outcome-unknown',
    contact: 'cut short',
    ends: 'old',
  },
].map((each) => ({ group: 'A user with sudo', connect: deploy, ...each }) as FaultCase);

const settings: FaultCase[] = [
  {
    fault: 'a .bashrc that talks',
    before: 'echo "echo Welcome; echo >&2 mind the gap" >/root/.bashrc',
    after: 'rm /root/.bashrc',
  },
  {
    fault: 'a .bashrc that prints half a megabyte',
    before: 'echo "seq 1 80000" >/root/.bashrc',
    after: 'rm /root/.bashrc',
  },
  {
    fault: 'another language',
    before: 'echo "export LANG=de_DE.UTF-8 LC_ALL=C.UTF-8 LANGUAGE=de" >/root/.bashrc',
    after: 'rm /root/.bashrc',
  },
  { fault: 'no sbin in PATH', before: 'echo "PATH=/usr/bin:/bin" >/root/.bashrc', after: 'rm /root/.bashrc' },
  {
    fault: 'another instance: its files stay as they are',
    before: 'mkdir -p /etc/postfix-out; cp -a /etc/postfix/. /etc/postfix-out/',
    after: 'cmp /etc/postfix-out/master.cf /usr/share/postfix/master.cf.dist && rm -r /etc/postfix-out',
  },
].map((each) => ({
  group: 'A host of its own kind',
  step: 'none',
  says: 'applied',
  contact: 'nothing waits',
  ends: 'new',
  ...each,
}));

const settling: FaultCase[] = [
  {
    fault: 'the connection is cut',
    step: 'confirming',
    says: 'outcome-unknown',
    contact: 'nothing waits',
    ends: 'new',
    replace: ['found=$(complaints)', `found=$(complaints); ${cutSession('root')}`],
  },
  {
    fault: 'the program is killed',
    step: 'confirming',
    says: 'outcome-unknown',
    contact: 'waits to be confirmed',
    ends: 'old',
    replace: ['found=$(complaints)', `found=$(complaints); ${dieNow}`],
  },
  {
    fault: 'nobody confirms',
    step: 'waiting',
    says: 'pending',
    contact: 'nothing waits',
    ends: 'old',
    options: { confirm: 'by-hand', confirmWithin: 4000 },
    after: 'i=0; while [ -e /var/lib/postern/pending ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done',
  },
  {
    fault: 'new complaints in the log',
    ...after(
      'told',
      'logger_line="$(date "+%b %d %H:%M:%S") mail postfix/smtpd[1]: fatal: something new"; echo "$logger_line" >>/var/log/mail.log',
    ),
    says: 'rolled-back',
    contact: 'nothing waits',
    ends: 'old',
  },
].map((each) => ({ group: 'Confirming', ...each }) as FaultCase);

const other = '/etc/postfix-out';
/** A second Postfix beside the first, with its own name, queue and data, as postmulti(1) makes one, on port 2525. */
const secondInstance = `
mkdir -p ${other} /var/spool/postfix-out /var/lib/postfix-out; chown postfix /var/lib/postfix-out
{ cat /etc/postfix/main.cf; printf '%s\\n' 'multi_instance_name = postfix-out' 'multi_instance_enable = yes' 'queue_directory = /var/spool/postfix-out' 'data_directory = /var/lib/postfix-out' 'syslog_name = postfix-out'; } >${other}/main.cf
sed "s/^smtp  *inet/2525 inet/" /etc/postfix/master.cf >${other}/master.cf
touch -d "2 hours ago" ${other}/main.cf ${other}/master.cf
postfix -c ${other} start`;
const instances: FaultCase[] = [
  { fault: 'everything is well', step: 'none', says: 'applied', contact: 'nothing waits', ends: 'new' },
  {
    fault: 'killed',
    ...after('committing', dieNow),
    says: 'outcome-unknown',
    contact: 'cut short',
    ends: 'old',
  },
  {
    fault: 'killed',
    ...after('renamed 1', dieNow),
    says: 'outcome-unknown',
    contact: 'cut short',
    ends: 'old',
  },
  {
    fault: 'the connection is cut',
    ...after('renamed 2', cutSession('root')),
    says: 'outcome-unknown',
    contact: 'waits to be confirmed',
    ends: 'old',
  },
  {
    fault: 'the other instance dies of it',
    ...after('told', 'kill -KILL "$(master_pid)"; sleep 0.1'),
    options: { patience: 2000 },
    says: 'rolled-back',
    contact: 'nothing waits',
    ends: 'old',
  },
].map(
  (each) =>
    ({
      group: 'One of several running instances',
      folder: other,
      before: secondInstance,
      connect: { directory: other },
      plan: plan(
        [
          set('smtpd_banner', '$myhostname ESMTP new'),
          {
            type: 'set-service-option',
            name: '2525',
            serviceType: 'inet',
            option: 'smtpd_helo_required',
            value: 'yes',
            because,
          },
        ],
        ['greeting', 'no-relay'],
      ),
      ...each,
    }) as FaultCase,
);

/** Every fault at every step where it makes a difference. */
export const faultCases: readonly FaultCase[] = [
  ...killed,
  ...cut,
  ...silent,
  ...allGone,
  ...reboot,
  ...full,
  ...readonlyCases,
  ...stuck,
  ...immutable,
  ...edits,
  ...badPlans,
  ...refused,
  ...sudo,
  ...instances,
  ...settings,
  ...settling,
];

/** The cases as a table for people. */
export function faultTable(): string {
  const words: Readonly<Record<string, string>> = { old: 'the old files', new: 'the new files' };
  const rows = faultCases.map(
    ({ group, fault, step, says, contact, ends }) =>
      `| ${group} | ${fault} | ${step} | ${says} | ${contact} | ${words[ends]} |`,
  );
  return [
    '| what | fault | when | the apply says | the next contact says | in the end the host has |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
