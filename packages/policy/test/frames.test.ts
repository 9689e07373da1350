import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestFrames } from '../src/protocol/frames.ts';

const one = 'request=smtpd_access_policy\nsender=info@example.com\n\n';

describe('the request frames', () => {
  it('give the same requests however the bytes are cut', () => {
    const bytes = Buffer.from(`${one}${one}request=smtpd_access_policy\nrecipient=ü@example.org\n\n`);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const frames = new RequestFrames();
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const requests = edges
          .slice(1)
          .flatMap((end, index) => frames.push(bytes.subarray(edges[index], end)).requests);
        expect(requests.map((request) => request['sender'] ?? request['recipient'])).toEqual([
          'info@example.com',
          'info@example.com',
          'ü@example.org',
        ]);
        expect(frames.begun).toBe(false);
      }),
    );
  });

  it('keep an equals sign in a value and an attribute called __proto__', () => {
    const { requests } = new RequestFrames().push(
      Buffer.from('request=smtpd_access_policy\nsender=a=b@example.com\n__proto__=x\n\n'),
    );
    expect(requests[0]?.['sender']).toBe('a=b@example.com');
    expect(requests[0]?.['__proto__']).toBe('x');
  });

  it.each([
    ['a line without =', 'hello\n', 'no-equals-sign'],
    ['a line that starts with =', '=x\n', 'no-equals-sign'],
    ['HTTP', 'GET / HTTP/1.1\n', 'no-equals-sign'],
    ['another request type', 'request=junk\n\n', 'wrong-request-type'],
    ['no request type', 'sender=a\n\n', 'wrong-request-type'],
  ])('refuse %s', (_, text, code) => {
    expect(new RequestFrames().push(Buffer.from(text)).problem?.code).toBe(code);
  });

  it('take a request of exactly the largest size and refuse one byte more', () => {
    const limits = { requestBytes: 200, attributes: 10 };
    const request = (size: number): Buffer =>
      Buffer.from(`request=smtpd_access_policy\nsender=${'x'.repeat(size - 28 - 8 - 1)}\n\n`);
    expect(request(200)).toHaveLength(200);
    expect(new RequestFrames(limits).push(request(200)).requests).toHaveLength(1);
    expect(new RequestFrames(limits).push(request(201)).problem?.code).toBe('request-too-large');
    expect(new RequestFrames(limits).push(Buffer.alloc(201, 'x')).problem?.code).toBe('request-too-large');
  });

  it('take as many attributes as allowed and refuse one more', () => {
    const limits = { requestBytes: 65_536, attributes: 3 };
    const request = (count: number): Buffer =>
      Buffer.from(
        `request=smtpd_access_policy\n${Array.from({ length: count - 1 }, (_, i) => `a${i}=x\n`).join('')}\n`,
      );
    expect(new RequestFrames(limits).push(request(3)).requests).toHaveLength(1);
    expect(new RequestFrames(limits).push(request(4)).problem?.code).toBe('too-many-attributes');
  });

  it('never throw on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(new RequestFrames().push(Buffer.from(bytes)).requests).toEqual([]);
      }),
    );
  });
});
