/**
 * Queue ids.
 *
 *     8FCD15176            short: microseconds (five hex digits), then the file's inode; may come again
 *     4gQz3k1Wm5z1Ds       long:  seconds and four digits of microseconds in base 52, z, inode; never comes again
 *
 * @see mail_queue.h of Postfix; enable_long_queue_ids
 */
const pattern =
  /^(?:[0-9A-F]{6,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{1,16})$/;

const digits = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';

/** Whether a text can be a queue id at all; nothing else ever reaches a host. */
export function isQueueId(text: string): boolean {
  return pattern.test(text);
}

/** The letters by which Postfix spreads a message over the subfolders of a hashed queue. */
export function hashKey(id: string): string {
  const separator = id.lastIndexOf('z');
  if (separator < 10) return id;
  let microseconds = 0;
  for (const digit of id.slice(separator - 4, separator))
    microseconds = microseconds * 52 + digits.indexOf(digit);
  return microseconds.toString(16).toUpperCase().padStart(5, '0');
}
