/** One line of a mail log that Postfix wrote. */
export interface LogLine {
  /** Seconds since 1970. */
  readonly at: number;
  /** `smtpd`, `qmgr`, `smtp` … */
  readonly daemon: string;
  /** Undefined for lines about no message, and for NOQUEUE. */
  readonly id: string | undefined;
  readonly text: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Reads a line with a time of either kind.
 *
 *     Nov  3 16:10:38 mail postfix/smtp[212]: 4F2A81C3D: to=<kari@example.no>, …
 *     2026-11-03T16:10:38.123456+01:00 mail postfix/smtp[212]: 4F2A81C3D: to=<kari@example.no>, …
 *
 * @param written  when the file was last written, seconds since 1970: a time without a year is the last before that
 * @param offset   the host's distance from UTC in seconds, for a time without one
 */
export function parseLogLine(line: string, written: number, offset: number): LogLine | undefined {
  const match =
    /^(\S+T\S+|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?)\s+(?:\S+ )?postfix[^/\s]*\/(\S+?)\[\d+\]: (.*)$/.exec(
      line,
    );
  if (!match) return undefined;
  const [, stamp = '', service = '', rest = ''] = match;
  const at = stamp.includes('T') ? isoTime(stamp) : traditionalTime(stamp, written, offset);
  if (at === undefined) return undefined;
  const [, id, text] = /^([0-9A-Za-z]{6,40}): (.*)$/.exec(rest) ?? [];
  const isMessage =
    id !== undefined && !/^(?:warning|fatal|error|panic|NOQUEUE|statistics|connect|disconnect)$/.test(id);
  return {
    at,
    daemon: service.slice(service.lastIndexOf('/') + 1),
    id: isMessage ? id : undefined,
    text: (isMessage ? text : undefined) ?? rest,
  };
}

function isoTime(stamp: string): number | undefined {
  const time = Date.parse(stamp.replace(/(\.\d{3})\d+/, '$1').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(time) ? undefined : time / 1000;
}

function traditionalTime(stamp: string, written: number, offset: number): number | undefined {
  const [, month = '', day, hour, minute, second] = /^(\w{3}) +(\d+) (\d\d):(\d\d):(\d\d)/.exec(stamp) ?? [];
  const index = months.indexOf(month);
  if (index === -1) return undefined;
  const year = new Date((written + offset) * 1000).getUTCFullYear();
  const at = (one: number): number =>
    Date.UTC(one, index, Number(day), Number(hour), Number(minute), Number(second)) / 1000 - offset;
  return at(year) > written + 86_400 ? at(year - 1) : at(year);
}
