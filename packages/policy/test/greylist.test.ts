import { describe, expect, it } from 'vitest';
import { decide, greylistHandler, memoryGreylist, readRequest, type GreylistOptions } from '../src/index.ts';

const neverStops = new AbortController().signal;

function greylist(options: Partial<GreylistOptions> = {}) {
  let time = 1_800_000_000;
  const handler = greylistHandler({
    store: memoryGreylist({ now: () => time * 1000 }),
    now: () => time * 1000,
    ...options,
  });
  return {
    wait: (seconds: number) => void (time += seconds),
    ask: async (attributes: Record<string, string> = {}): Promise<string> => {
      const { action, prepends } = await decide(
        [handler],
        readRequest({
          protocol_state: 'RCPT',
          client_address: '192.0.2.10',
          sender: 'info@example.com',
          recipient: 'kari@example.org',
          ...attributes,
        }),
        neverStops,
      );
      return prepends[0]?.value ?? action.type;
    },
  };
}

describe('the greylist handler', () => {
  it('delays the first try, an early second one, and lets the mail in once the delay is over', async () => {
    const { ask, wait } = greylist();
    expect(await ask()).toBe('defer-if-permit');
    wait(299);
    expect(await ask()).toBe('defer-if-permit');
    wait(1);
    expect(await ask()).toBe('delayed 300 seconds');
    expect(await ask()).toBe('dunno');
  });

  it('begins anew when the client comes back too late', async () => {
    const { ask, wait } = greylist({ retryWindow: 1000 });
    await ask();
    wait(1001);
    expect(await ask()).toBe('defer-if-permit');
  });

  it('forgets a triplet that was not seen for long', async () => {
    const { ask, wait } = greylist({ maxAge: 1000 });
    await ask();
    wait(300);
    await ask();
    wait(999);
    expect(await ask()).toBe('dunno');
    wait(1001);
    expect(await ask()).toBe('defer-if-permit');
  });

  it.each([
    ['another host of the same /24', { client_address: '192.0.2.99' }],
    ['its IPv4-mapped form', { client_address: '::ffff:192.0.2.99' }],
    ['the same sender with an extension', { sender: 'info+1234@EXAMPLE.com' }],
  ])('knows %s', async (_, attributes) => {
    const { ask, wait } = greylist();
    await ask();
    wait(300);
    await ask();
    expect(await ask(attributes)).toBe('dunno');
  });

  it('takes the first 64 bits of an IPv6 address, however it is written', async () => {
    const { ask, wait } = greylist();
    await ask({ client_address: '2001:db8::1' });
    wait(300);
    await ask({ client_address: '2001:db8:0:0::2' });
    expect(await ask({ client_address: '2001:0db8:0:0:ffff::3' })).toBe('dunno');
    expect(await ask({ client_address: '2001:db8:0:1::1' })).toBe('defer-if-permit');
  });

  it('takes senders that differ in a number only as one', async () => {
    const { ask, wait } = greylist();
    await ask({ sender: 'bounce-17-x@list.example' });
    wait(300);
    expect(await ask({ sender: 'bounce-18-x@list.example' })).toBe('delayed 300 seconds');
  });

  it('never delays a client that has come back often enough, an hour apart', async () => {
    const { ask, wait } = greylist({ allowClientAfter: 2 });
    for (const sender of ['a@example.com', 'b@example.com', 'c@example.com']) {
      expect(await ask({ sender })).toBe('defer-if-permit');
      wait(300);
      await ask({ sender });
      wait(3600);
      if (sender === 'b@example.com') break;
    }
    expect(await ask({ sender: 'new@example.com' })).toBe('dunno');
  });

  it('leaves authenticated clients, exempt ones and other stages alone', async () => {
    const { ask } = greylist({ exempt: ({ recipient }) => recipient === 'postmaster@example.org' });
    expect(await ask({ sasl_username: 'kari' })).toBe('dunno');
    expect(await ask({ recipient: 'postmaster@example.org' })).toBe('dunno');
    expect(await ask({ protocol_state: 'DATA' })).toBe('dunno');
  });
});
