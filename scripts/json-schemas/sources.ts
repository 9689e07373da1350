/**
 * Where each command prints its JSON: a file below packages/cli/src, and, where a file prints more than one command's,
 * words of the expression that is printed.
 */
export type Source = readonly [file: string, words?: string, form?: Form];

/**
 * What becomes of the expression, where it is not the whole document: an item of the one array that is printed, or a
 * document on a line of its own, one after the other.
 */
export type Form = 'item' | 'line';

const applied: readonly Source[] = [['apply-to-target.ts'], ['host/apply.ts']];

const queueAction: readonly Source[] = [['commands/queue/act.ts']];

const events: readonly Source[] = [['fleet/commands.ts', 'event', 'line']];

const edited: readonly Source[] = [['commands/config/edit.ts'], ...applied];

export const sources: Readonly<Record<string, readonly Source[]>> = {
  audit: [['commands/audit.ts', 'findings, allowed }']],
  'audit --sarif': [['commands/audit.ts', 'toSarif']],
  plan: [['commands/plan.ts']],
  modernise: [['commands/modernise.ts']],
  apply: applied,
  confirm: [['commands/confirm.ts']],
  rollback: [['commands/rollback.ts'], ['host/rollback.ts']],
  status: [['commands/status.ts'], ['host/status.ts']],
  'config get': [['commands/config/get.ts']],
  'config set': edited,
  'config unset': edited,
  'config explain': [['commands/config/explain.ts']],
  'config check': [['commands/config/check.ts']],
  'config effective': [['commands/config/effective.ts']],
  'config diff': [['commands/config/diff.ts']],
  'config merge': [['commands/config/merge.ts']],
  'config convert': [['commands/config/convert.ts']],
  simulate: [['commands/simulate.ts']],
  'relay-proof': [['commands/relay-proof.ts']],
  replay: [['commands/replay.ts']],
  'spf check': [['commands/spf.ts', 'result']],
  'spf explain': [['commands/spf.ts', 'result']],
  'spf lint': [['commands/spf.ts', 'found']],
  'spf flatten': [['commands/spf.ts', 'flattened']],
  'spf diff': [['commands/spf.ts', 'found']],
  'spf build': [['commands/spf.ts', 'built.text']],
  'tune show': [['commands/tune.ts', 'look.facts']],
  'tune recommend': [['commands/tune.ts', 'recommendations']],
  'tune capacity': [['commands/tune.ts', 'bounds: report.bounds']],
  'tune doctor': [['commands/tune.ts', 'diagnoses']],
  'tune measure': [
    ['commands/tune.ts', '{ target: name, commit }'],
    ['commands/tune.ts', '...result'],
  ],
  'dnsbl check': [['commands/dnsbl.ts', 'results']],
  'dnsbl health': [['commands/dnsbl.ts', 'states']],
  'dnsbl lists': [['commands/dnsbl.ts', 'knownLists']],
  'dnsbl emit': [['commands/dnsbl.ts', 'plan']],
  'queue summary': [['commands/queue/summary.ts']],
  'queue list': [['commands/queue/list.ts', 'message', 'item']],
  'queue hold': queueAction,
  'queue release': queueAction,
  'queue requeue': queueAction,
  'queue delete': queueAction,
  'queue flush': queueAction,
  'queue triage': [['commands/queue/triage.ts']],
  'queue trace': [['commands/queue/trace.ts']],
  'queue undo': [['commands/queue/record.ts', '{ target: name, ...outcome }']],
  'queue resume': [['commands/queue/record.ts', 'outcome ?']],
  'queue history': [['commands/queue/record.ts', 'history']],
  'fleet plan': [['fleet/commands.ts', 'inventory: file']],
  'fleet apply': events,
  'fleet resume': events,
  'fleet status': [['fleet/commands.ts', 'report']],
  'fleet pause': [['fleet/commands.ts', 'report']],
  'policy query': [['commands/policy.ts', 'answers']],
  'policy import': [['commands/policy.ts', 'settings']],
  'policy wire': [['commands/policy.ts', 'redactPlan'], ...applied],
  'domain check': [['commands/domain.ts']],
  'host check': [['commands/host.ts']],
  'message check': [['commands/message.ts']],
  records: [['commands/records.ts']],
  'tls report': [['commands/tls.ts', 'evidence']],
  'tls require': [['commands/tls.ts', 'plan']],
  'explain-reply': [['commands/explain-reply.ts']],
  doctor: [['commands/doctor.ts']],
};
