import type { Finding, Place } from '@postern/plan';

/** A finding about a suppression. */
export function complaint(message: string, at: Place, level: Finding['level'] = 'warning'): Finding {
  return {
    rule: 'suppression',
    level,
    message,
    at,
    versions: 'all',
    source: 'the suppressions of this configuration',
    confidence: 'certain',
  };
}
