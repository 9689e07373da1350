import { quoteEvidence, type Check } from '../check.ts';
import { lookUpRecords } from '../lookup.ts';
import { parseTagList } from '../tag-list.ts';
import { unanswered } from '../unseen.ts';
import { fetchText, type FetchOptions } from './fetch.ts';
import { matchesPolicy, parseMtaStsPolicy, type MtaStsPolicy } from './policy.ts';

const topic = 'mta-sts';
const source = 'RFC 8461';
const shortAge = 7 * 86_400;

export interface MtaStsOptions extends FetchOptions {
  /** `false` makes no connection: the record is looked at, the policy is not. */
  readonly connect?: boolean;
}

/** Whether senders can learn that mail to the domain must be encrypted, and whether its own MX hosts fit. */
export async function checkMtaSts(
  domain: string,
  exchanges: readonly string[],
  options: MtaStsOptions,
): Promise<{ readonly checks: readonly Check[]; readonly policy?: MtaStsPolicy }> {
  const name = `_mta-sts.${domain}`;
  const answer = await lookUpRecords(options.resolver, name, /^v\s*=\s*STSv1\s*(?:;|$)/, options.signal);
  if (answer.status === 'unknown') {
    return {
      checks: [unanswered('mta-sts-record', topic, 'Whether there is an MTA-STS record', answer.why, source)],
    };
  }
  if (answer.status === 'none') {
    return {
      checks: [
        {
          id: 'mta-sts-record',
          topic,
          status: 'warning',
          message: `${domain} has no MTA-STS record: senders accept a connection in clear text.`,
          evidence: answer.others.map((text) => quoteEvidence(`${name}: ${text}`)),
          advice: `Publish a policy at https://mta-sts.${domain}/.well-known/mta-sts.txt with mode: testing, then the record.`,
          source,
        },
      ],
    };
  }
  const record = recordCheck(name, answer.texts);
  if (options.connect === false) {
    return {
      checks: [
        record,
        {
          id: 'mta-sts-policy',
          topic,
          status: 'unknown',
          message: 'The MTA-STS policy was not looked at: no connection was to be made.',
          evidence: [],
          advice: `Get it: curl https://mta-sts.${domain}/.well-known/mta-sts.txt`,
          source: `${source} section 3.3`,
        },
      ],
    };
  }
  const fetched = await fetchText(`mta-sts.${domain}`, '/.well-known/mta-sts.txt', options);
  if ('problem' in fetched) {
    return {
      checks: [
        record,
        {
          id: 'mta-sts-policy',
          topic,
          status: 'fail',
          message: `The MTA-STS policy cannot be had: ${quoteEvidence(fetched.problem)}.`,
          evidence: [],
          advice: `Serve it as text/plain at https://mta-sts.${domain}/.well-known/mta-sts.txt with a certificate for that name.`,
          source: `${source} section 3.3`,
        },
      ],
    };
  }
  const { policy, problems } = parseMtaStsPolicy(fetched.text);
  if (!policy) {
    return {
      checks: [
        record,
        {
          id: 'mta-sts-policy',
          topic,
          status: 'fail',
          message: `The MTA-STS policy cannot be used: ${quoteEvidence(problems.join('; '))}.`,
          evidence: [quoteEvidence(fetched.text)],
          advice: 'Write the four keys version, mode, max_age and mx, each on a line of its own.',
          source: `${source} section 3.2`,
        },
      ],
    };
  }
  return {
    checks: [record, policyCheck(policy, fetched.text), ...exchangeChecks(policy, exchanges)],
    policy,
  };
}

function recordCheck(name: string, texts: readonly string[]): Check {
  const { tags, problems } = parseTagList(texts[0]!);
  const id = tags.get('id') ?? '';
  const trouble =
    texts.length > 1
      ? `there are ${texts.length} of them, and so none counts`
      : /^[A-Za-z0-9]{1,32}$/.test(id)
        ? problems.join('; ')
        : `its id ${JSON.stringify(id)} is not 1 to 32 letters and digits`;
  return {
    id: 'mta-sts-record',
    topic,
    status: trouble === '' ? 'pass' : 'fail',
    message:
      trouble === ''
        ? 'There is an MTA-STS record.'
        : `The MTA-STS record cannot be used: ${quoteEvidence(trouble)}.`,
    evidence: texts.map((text) => quoteEvidence(`${name}: ${text}`)),
    ...(trouble === '' ? {} : { advice: 'Publish one text such as "v=STSv1; id=20260101T000000;".' }),
    source: `${source} section 3.1`,
  };
}

function policyCheck({ mode, maxAge }: MtaStsPolicy, text: string): Check {
  const evidence = [quoteEvidence(text)];
  const check = { id: 'mta-sts-policy', topic, evidence, source: `${source} section 3.2` } as const;
  if (mode === 'none') {
    return {
      ...check,
      status: 'warning',
      message: 'The MTA-STS policy has mode: none, which withdraws it.',
      advice: 'Use mode: testing, and enforce when the reports are clean.',
    };
  }
  if (mode === 'testing') {
    return {
      ...check,
      status: 'warning',
      message: 'The MTA-STS policy is in testing: senders report, but deliver in clear text all the same.',
      advice: 'Change it to mode: enforce, and the id of the record, when the reports are clean.',
    };
  }
  return maxAge < shortAge
    ? {
        ...check,
        status: 'warning',
        message: `The MTA-STS policy is enforced, but kept for ${maxAge} seconds only.`,
        advice:
          'Set max_age to weeks: who can block its retrieval can otherwise wait for it to be forgotten.',
      }
    : { ...check, status: 'pass', message: 'The MTA-STS policy is enforced.' };
}

function exchangeChecks(policy: MtaStsPolicy, exchanges: readonly string[]): Check[] {
  return exchanges.map((exchange) => {
    const matches = matchesPolicy(exchange, policy);
    return {
      id: 'mta-sts-mx',
      topic,
      status: matches ? 'pass' : policy.mode === 'enforce' ? 'fail' : 'warning',
      message: matches
        ? `The policy covers the MX host ${exchange}.`
        : `The policy does not cover the MX host ${exchange}: ${policy.mode === 'enforce' ? 'senders do not deliver there' : 'once enforced, senders would not deliver there'}.`,
      evidence: policy.mx.map((mx) => `mx: ${mx}`),
      ...(matches
        ? {}
        : { advice: `Add the line "mx: ${exchange}" to the policy and change the record's id.` }),
      source: `${source} section 4.1`,
    };
  });
}
