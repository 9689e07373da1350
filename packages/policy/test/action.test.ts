import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printAction, type Action } from '../src/index.ts';

describe('an action as the protocol writes it', () => {
  it.each<[Action, string]>([
    [{ type: 'dunno' }, 'DUNNO'],
    [{ type: 'ok' }, 'OK'],
    [{ type: 'reject' }, 'REJECT'],
    [{ type: 'reject', code: 550, enhanced: '5.7.23', text: 'SPF fail' }, '550 5.7.23 SPF fail'],
    [{ type: 'reject', code: 550 }, '550 Access denied'],
    [{ type: 'reject', code: 450, text: 'not a 5xx code' }, 'REJECT not a 5xx code'],
    [{ type: 'defer', code: 451, enhanced: '4.7.24', text: 'later' }, '451 4.7.24 later'],
    [
      { type: 'defer-if-permit', enhanced: '4.7.24', text: 'SPF temperror' },
      'DEFER_IF_PERMIT 4.7.24 SPF temperror',
    ],
    [{ type: 'defer-if-reject' }, 'DEFER_IF_REJECT'],
    [{ type: 'prepend', header: 'Received-SPF', value: 'pass' }, 'PREPEND Received-SPF: pass'],
    [{ type: 'hold', text: 'over the limit' }, 'HOLD over the limit'],
    [{ type: 'discard' }, 'DISCARD'],
    [{ type: 'warn', text: 'x' }, 'WARN x'],
    [{ type: 'info', text: 'x' }, 'INFO x'],
    [
      { type: 'filter', transport: 'smtp', destination: '[127.0.0.1]:10025' },
      'FILTER smtp:[127.0.0.1]:10025',
    ],
    [{ type: 'redirect', address: 'abuse@example.com' }, 'REDIRECT abuse@example.com'],
    [{ type: 'bcc', address: 'copy@example.com' }, 'BCC copy@example.com'],
    [
      { type: 'restriction', name: 'reject_rbl_client', argument: 'zen.example' },
      'reject_rbl_client zen.example',
    ],
  ])('%j is %s', (action, line) => expect(printAction(action)).toBe(line));

  it('is one line whatever its texts hold', () => {
    const text = fc.string({ unit: 'binary' });
    const action = fc.oneof(
      fc.record({ type: fc.constantFrom('reject', 'defer', 'hold', 'warn'), text, enhanced: text }),
      fc.record({ type: fc.constant('prepend'), header: text, value: text }),
      fc.record({ type: fc.constantFrom('redirect', 'bcc'), address: text }),
      fc.record({ type: fc.constant('filter'), transport: text, destination: text }),
    ) as fc.Arbitrary<Action>;
    fc.assert(
      fc.property(action, (data) => {
        // oxlint-disable-next-line no-control-regex -- they are what must not be there
        expect(printAction(data)).not.toMatch(/[\u0000-\u001f\u007f\u0085\u2028\u2029]/);
      }),
    );
  });
});
