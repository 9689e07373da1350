export type { Answer, FailureReason, RecordData, RecordType, ResolveOptions, Resolver } from './resolver.ts';
