export { checkDomain } from './domain/check-domain.ts';
export type { DomainConnectOptions, DomainOptions, DomainReport } from './domain/check-domain.ts';
export { checkHost } from './host/check-host.ts';
export type { ConnectOptions, HostOptions, HostReport, HostSubject } from './host/check-host.ts';
export type { Check, CheckStatus, Topic } from './check.ts';
export type { Exchange } from './domain/mx.ts';
export { selectorsOf } from './dkim/selectors.ts';
export { authenticateMessage } from './message/authenticate-message.ts';
export type { MessageBounds, MessageSource } from './message/bounded-message.ts';
export type {
  AuthenticateOptions,
  AuthenticationResult,
  Envelope,
  MessageVerdict,
  SignatureResult,
} from './message/authenticate-message.ts';
export { explainReply } from './reply/explain-reply.ts';
export type { ReplyExplanation } from './reply/explain-reply.ts';
export type { ReplyMeaning } from './reply/replies.ts';
export { makeRecords } from './records/make-records.ts';
export type { MadeRecords, RecordPlan } from './records/make-records.ts';
export { printRecords } from './records/print.ts';
export type { DnsRecord, RecordFile } from './records/record.ts';
export { readTransportEvidence } from './transport/evidence.ts';
export type { PeerShare, Share, TransportEvidence } from './transport/evidence.ts';
export { requireTls } from './transport/require-tls.ts';
export type { RequireTlsOptions, TlsLevel } from './transport/require-tls.ts';
export { transportReport } from './transport/report.ts';
export type { TransportReportOptions } from './transport/report.ts';
export { DeliverabilityError } from './error.ts';
export type { DeliverabilityErrorCode } from './error.ts';
