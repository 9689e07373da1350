import type { Rule } from '../rule.ts';
import { accessBeforeRelayControl } from './access-before-relay-control.ts';
import { anyClientCertificate } from './any-client-certificate.ts';
import { authOnPort25 } from './auth-on-port-25.ts';
import { bannerShowsSoftware } from './banner-shows-software.ts';
import { bareNewlineAccepted } from './bare-newline-accepted.ts';
import { berkeleyDbTable } from './berkeley-db-table.ts';
import { brokenExpansion } from './broken-expansion.ts';
import { brokenTableReference } from './broken-table-reference.ts';
import { classWithoutList } from './class-without-list.ts';
import { commentInValue } from './comment-in-value.ts';
import { compatibilityLevel } from './compatibility-level.ts';
import { deadBlockList } from './dead-block-list.ts';
import { deprecatedParameter } from './deprecated-parameter.ts';
import { dnsblBeforePermits } from './dnsbl-before-permits.ts';
import { dnsblWithoutFilter } from './dnsbl-without-filter.ts';
import { domainInTwoClasses } from './domain-in-two-classes.ts';
import { duplicateParameter } from './duplicate-parameter.ts';
import { duplicateService } from './duplicate-service.ts';
import { heloOptional } from './helo-optional.ts';
import { inboundTlsMandatory } from './inbound-tls-mandatory.ts';
import { inboundTlsOff } from './inbound-tls-off.ts';
import { indentedFirstLine } from './indented-first-line.ts';
import { lineWithoutEquals } from './line-without-equals.ts';
import { mxBackupUnbounded } from './mx-backup-unbounded.ts';
import { mynetworksStyleWide } from './mynetworks-style-wide.ts';
import { mynetworksTooWide } from './mynetworks-too-wide.ts';
import { networkWithHostBits } from './network-with-host-bits.ts';
import { newerSyntax } from './newer-syntax.ts';
import { newerThanVersion } from './newer-than-version.ts';
import { noFinalNewline } from './no-final-newline.ts';
import { noOpSetting } from './no-op-setting.ts';
import { obsoleteRestriction } from './obsolete-restriction.ts';
import { oldTlsProtocols } from './old-tls-protocols.ts';
import { openRelay } from './open-relay.ts';
import { optionWithBlanks } from './option-with-blanks.ts';
import { outboundTlsOff } from './outbound-tls-off.ts';
import { pipeliningCheckMisplaced } from './pipelining-check-misplaced.ts';
import { plaintextAuth } from './plaintext-auth.ts';
import { policyProcessLimit } from './policy-process-limit.ts';
import { policyServiceUndefined } from './policy-service-undefined.ts';
import { policyTimeLimit } from './policy-time-limit.ts';
import { policyUserNobody } from './policy-user-nobody.ts';
import { readOnlyParameter } from './read-only-parameter.ts';
import { redundantPermit } from './redundant-permit.ts';
import { relayControlMissing } from './relay-control-missing.ts';
import { relayDomainsWide } from './relay-domains-wide.ts';
import { relayRestrictionsEmpty } from './relay-restrictions-empty.ts';
import { restrictionWithoutData } from './restriction-without-data.ts';
import { serverSessionCache } from './server-session-cache.ts';
import { serviceColumnInvalid } from './service-column-invalid.ts';
import { serviceWithoutColumns } from './service-without-columns.ts';
import { sizeLimitsContradict } from './size-limits-contradict.ts';
import { smugglingWorkaroundMissing } from './smuggling-workaround-missing.ts';
import { softBounce } from './soft-bounce.ts';
import { spfFailureDefers } from './spf-failure-defers.ts';
import { strangersRefused } from './strangers-refused.ts';
import { strayCharacters } from './stray-characters.ts';
import { unauthPipeliningAccepted } from './unauth-pipelining-accepted.ts';
import { undefinedName } from './undefined-name.ts';
import { unknownRestriction } from './unknown-restriction.ts';
import { unlistedRecipientAccepted } from './unlisted-recipient-accepted.ts';
import { unreachableRestriction } from './unreachable-restriction.ts';
import { unusedParameter } from './unused-parameter.ts';
import { valueOfWrongType } from './value-of-wrong-type.ts';
import { vrfyEnabled } from './vrfy-enabled.ts';

/** All rules; the folder is the list. */
export const rules: readonly Rule[] = [
  accessBeforeRelayControl,
  anyClientCertificate,
  authOnPort25,
  bannerShowsSoftware,
  bareNewlineAccepted,
  berkeleyDbTable,
  brokenExpansion,
  brokenTableReference,
  classWithoutList,
  commentInValue,
  compatibilityLevel,
  deadBlockList,
  deprecatedParameter,
  dnsblBeforePermits,
  dnsblWithoutFilter,
  domainInTwoClasses,
  duplicateParameter,
  duplicateService,
  heloOptional,
  inboundTlsMandatory,
  inboundTlsOff,
  indentedFirstLine,
  lineWithoutEquals,
  mxBackupUnbounded,
  mynetworksStyleWide,
  mynetworksTooWide,
  networkWithHostBits,
  newerSyntax,
  newerThanVersion,
  noFinalNewline,
  noOpSetting,
  obsoleteRestriction,
  oldTlsProtocols,
  openRelay,
  optionWithBlanks,
  outboundTlsOff,
  pipeliningCheckMisplaced,
  plaintextAuth,
  policyProcessLimit,
  policyServiceUndefined,
  policyTimeLimit,
  policyUserNobody,
  readOnlyParameter,
  redundantPermit,
  relayControlMissing,
  relayDomainsWide,
  relayRestrictionsEmpty,
  restrictionWithoutData,
  serverSessionCache,
  serviceColumnInvalid,
  serviceWithoutColumns,
  sizeLimitsContradict,
  smugglingWorkaroundMissing,
  softBounce,
  spfFailureDefers,
  strangersRefused,
  strayCharacters,
  unauthPipeliningAccepted,
  undefinedName,
  unknownRestriction,
  unlistedRecipientAccepted,
  unreachableRestriction,
  unusedParameter,
  valueOfWrongType,
  vrfyEnabled,
];
