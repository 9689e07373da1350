export { ControllerError } from './error.ts';
export type { ControllerErrorCode } from './error.ts';
export { readFolder } from './folder/read-folder.ts';
export type { ConfigFolder, ReadFolderOptions } from './folder/read-folder.ts';
export type { Fingerprint } from './folder/fingerprint.ts';
export { applyToFolder } from './folder/apply.ts';
export type { ApplyOptions, FolderApply } from './folder/apply.ts';
export type { FolderStep, OnStep } from './folder/step.ts';
export { rollbackFolder } from './folder/rollback.ts';
export type { FolderRollback, RollbackOptions } from './folder/rollback.ts';
export { recoverFolder } from './folder/recover.ts';
export type { Recovery, RecoverOptions } from './folder/recover.ts';
export type { Interrupted } from './folder/journal.ts';
export { folderStatus } from './folder/status.ts';
export type { Drift, FolderStatus } from './folder/status.ts';
export type { ApplyRecord, RecordedFile } from './folder/history.ts';
export { connect, localHost, postfixHost, recordedHost } from './postfix/postfix-host.ts';
export type { ConnectOptions, HostConfig, PostfixHost } from './postfix/postfix-host.ts';
export type { Command, Host, Outcome, ReadOptions, RunOptions, Script, WriteOptions } from './host/host.ts';
export type { LocalOptions } from './host/local.ts';
export { recording } from './host/recorded.ts';
export type { SshOptions } from './ssh/connect.ts';
export type { Credentials } from './ssh/authentication.ts';
export type { HostApply, HostApplyOptions } from './postfix/apply.ts';
export type { HostRollbackOptions } from './postfix/rollback.ts';
export type { HostFacts, PendingChange } from './postfix/facts.ts';
export type { ChangeRecord, PastChange, RecordedChange } from './postfix/history.ts';
export type { CheckResult, Vantage } from './postfix/probes.ts';
export { toPrometheus } from './postfix/status.ts';
export type { CertificateState, HostDrift, HostStatus } from './postfix/status.ts';
export { ageLabels } from './queue/summary.ts';
export type { QueueSummary } from './queue/summary.ts';
export type {
  DeleteOptions,
  HostQueue,
  QueueActionOptions,
  QueueCount,
  ReleaseOptions,
} from './queue/queue.ts';
export type { QueueMessage, QueueName, QueueProblem, QueueRecipient } from './queue/message.ts';
export type { QueueSelector } from './queue/selector.ts';
export type { Listed, ListOptions } from './queue/list.ts';
export type {
  KnownMessage,
  LedgerOptions,
  Progress,
  QueueActionKind,
  QueueOutcome,
  QueueRecord,
  SkipReason,
} from './queue/ledger.ts';
export type { Triage, TriageGroup, TriageOptions, TriageSample } from './queue/triage/triage.ts';
export type { Cause, CauseId } from './queue/triage/causes.ts';
export type { Why } from './queue/triage/judge.ts';
export type { ReleasePace } from './queue/triage/release.ts';
export type { Trace, TracedMessage, TraceOptions } from './queue/trace/trace.ts';
export type { Fate, MessageHistory, RecipientHistory } from './queue/trace/history.ts';
