import { describe, expect, it } from 'vitest';
import { parameterNames } from '@postern/config';
import { describeParameter } from '@postern/config/descriptions';

describe('descriptions', () => {
  it('say in a sentence what each parameter that people set is for', () => {
    const described = parameterNames().filter((name) => describeParameter(name));
    expect(described.length).toBeGreaterThan(550);
    for (const name of described) expect(describeParameter(name)).toMatch(/^[A-Z0-9].{9,140}\.$/);
    expect(describeParameter('mynetworks')).toBe('Clients that are trusted to relay: as few as possible.');
  });

  it('are shared by the LMTP client and by the parameters of each transport', () => {
    expect(describeParameter('lmtp_tls_security_level')).toMatch(/^For LMTP: how much/);
    expect(describeParameter('maildrop_destination_rate_delay')).toMatch(
      /^For maildrop: pause between deliveries/,
    );
    expect(describeParameter('policy_time_limit')).toMatch(/^For policy: how long a command/);
  });

  it('are not made up for names that Postfix never had', () => {
    expect(describeParameter('no_such_parameter')).toBeUndefined();
    expect(describeParameter('constructor')).toBeUndefined();
  });
});
