import { isBelowLevel } from '../knowledge/compatibility.ts';
import type { Edit } from '../rule.ts';
import type { Subject } from '../subject/subject.ts';

/**
 * Edits that raise compatibility_level and keep what the host may rely on: each default that changes with the
 * level and is no defect is written out. The defects (relaying for subdomains and for the subnet) are not kept.
 */
export function raiseLevel(subject: Subject, wanted: string): Edit[] {
  const { main } = subject;
  const from = main.setting('compatibility_level').value;
  const passes = (level: string) => isBelowLevel(from, level) && !isBelowLevel(wanted, level);
  const edits: Edit[] = [main.setting('compatibility_level').set(wanted)];
  const keep = (name: string, value: string): void => {
    if (!main.sets(name) && subject.knows(name)) edits.push(main.setting(name).set(value));
  };
  if (passes('1')) {
    keep('append_dot_mydomain', 'yes');
    keep('smtputf8_enable', 'no');
    for (const { service } of subject.services) {
      if (service.chroot === undefined)
        edits.push({ type: 'put-service', service: { ...service, chroot: true } });
    }
  }
  if (passes('3.6')) {
    if (main.sets('relay_clientcerts') || subject.restrictions('check_ccert_access').length > 0) {
      keep('smtpd_tls_fingerprint_digest', 'md5');
    }
    if (main.sets('smtp_tls_fingerprint_cert_match') || main.sets('smtp_tls_policy_maps')) {
      keep('smtp_tls_fingerprint_digest', 'md5');
    }
  }
  return edits;
}
