/** What smtpd's verbose log says of one transaction: where its last list ended. */
interface Decision {
  /** The restriction that ended the last list; undefined when none refused. */
  readonly restriction: string | undefined;
}

/** SMTPD_CHECK_REJECT. */
const rejected = '2';
const noList: Decision = { restriction: undefined };

/**
 * Reads which restriction decided from the log of `smtpd -v`: by port, the sessions in the order of the connections,
 * and in each the transactions, which RSET parts.
 *
 *     s3001/smtpd[9]: generic_checks: name=reject_unauth_destination
 *     s3001/smtpd[9]: generic_checks: name=reject_unauth_destination status=2
 */
export function readDecisions(log: string): ReadonlyMap<number, readonly (readonly Decision[])[]> {
  const services = new Map<number, { sessions: Decision[][]; open: string[]; decided: string | undefined }>();
  for (const line of log.split('\n')) {
    const match =
      /\bs(\d+)\/smtpd\[\d+\]: (connect from |< \S+: RSET$|>>> START |generic_checks: name=(.*?)(?: status=(-?\d+))?$)/.exec(
        line,
      );
    if (!match) continue;
    const port = Number(match[1]);
    let service = services.get(port);
    if (!service) services.set(port, (service = { sessions: [], open: [], decided: undefined }));
    if (match[2] === 'connect from ' || match[2]!.startsWith('< ')) {
      if (match[2] === 'connect from ') service.sessions.push([noList]);
      else service.sessions.at(-1)?.push(noList);
      service.open = [];
      service.decided = undefined;
      continue;
    }
    if (match[2] === '>>> START ') {
      // A list that was left in the middle has left its restrictions open.
      if (!line.includes('RESTRICTIONS')) continue;
      if (service.open.length === 0) service.decided = undefined;
    } else if (match[4] === undefined) {
      if (match[3]!.toLowerCase() === 'warn_if_reject') continue;
      service.open.push(match[3]!);
      service.decided = undefined;
    } else {
      service.open.pop();
      if (match[4] === rejected) service.decided ??= match[3]!.toLowerCase();
      else service.decided = undefined;
    }
    const session = service.sessions.at(-1)!;
    session[session.length - 1] = { restriction: service.decided ?? service.open.at(-1)?.toLowerCase() };
  }
  return new Map([...services].map(([port, { sessions }]) => [port, sessions]));
}
