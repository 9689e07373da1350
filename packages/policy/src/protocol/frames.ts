/** Bounds on one request; what exceeds them ends the connection. */
export interface FrameLimits {
  /** Bytes of one request (65 536). */
  readonly requestBytes: number;
  /** Attributes of one request (200). */
  readonly attributes: number;
}

export const defaultFrameLimits: FrameLimits = { requestBytes: 65_536, attributes: 200 };

/** Why a stream is no policy protocol. */
export interface FrameProblem {
  readonly code: 'request-too-large' | 'too-many-attributes' | 'no-equals-sign' | 'wrong-request-type';
  readonly message: string;
}

const newline = 0x0a;
const nothing: Buffer = Buffer.alloc(0);

/**
 * Cuts a byte stream into requests: `name=value` lines up to an empty one (SMTPD_POLICY_README).
 *
 *     request=smtpd_access_policy\n
 *     sender=info@example.com\n
 *     \n                            ^ the request ends here; the next may follow at once
 */
export class RequestFrames {
  readonly #limits: FrameLimits;
  #pending: Buffer = nothing;
  /** Where to go on looking for a newline in `#pending`. */
  #scanned = 0;
  #lineStart = 0;
  #attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  #count = 0;
  #requestBytes = 0;

  constructor(limits: FrameLimits = defaultFrameLimits) {
    this.#limits = limits;
  }

  /** Whether part of a request has arrived. */
  get begun(): boolean {
    return this.#count > 0 || this.#pending.length > this.#lineStart;
  }

  /**
   * Takes what arrived.
   *
   * @returns the requests that are now complete, and the problem that ends the stream, if there is one
   */
  push(chunk: Buffer): { requests: Record<string, string>[]; problem?: FrameProblem } {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const requests: Record<string, string>[] = [];
    for (;;) {
      const end = this.#pending.indexOf(newline, this.#scanned);
      if (end < 0) break;
      const line = this.#pending.subarray(this.#lineStart, end);
      this.#requestBytes += line.length + 1;
      this.#lineStart = this.#scanned = end + 1;
      if (this.#requestBytes > this.#limits.requestBytes) return { requests, problem: this.#tooLarge() };
      if (line.length === 0) {
        if (this.#count > 0) {
          const problem = wrongType(this.#attributes);
          if (problem) return { requests, problem };
          requests.push(this.#attributes);
        }
        this.#startRequest();
        continue;
      }
      const problem = this.#addLine(line);
      if (problem) return { requests, problem };
    }
    // A copy, so that an idle connection does not hold on to the 64 kB that its last request was read into.
    const rest = this.#pending.subarray(this.#lineStart);
    this.#pending = rest.length === 0 ? nothing : this.#lineStart > 0 ? Buffer.from(rest) : rest;
    this.#lineStart = 0;
    this.#scanned = this.#pending.length;
    if (this.#requestBytes + this.#pending.length > this.#limits.requestBytes)
      return { requests, problem: this.#tooLarge() };
    return { requests };
  }

  #addLine(line: Buffer): FrameProblem | undefined {
    const equals = line.indexOf(0x3d);
    if (equals < 1) {
      return { code: 'no-equals-sign', message: `line ${this.#count + 1} of a request is not name=value` };
    }
    if (++this.#count > this.#limits.attributes) {
      return {
        code: 'too-many-attributes',
        message: `a request has more than ${this.#limits.attributes} attributes`,
      };
    }
    this.#attributes[line.toString('utf8', 0, equals)] = line.toString('utf8', equals + 1);
    return undefined;
  }

  #startRequest(): void {
    this.#attributes = Object.create(null) as Record<string, string>;
    this.#count = 0;
    this.#requestBytes = 0;
  }

  #tooLarge(): FrameProblem {
    return {
      code: 'request-too-large',
      message: `a request is larger than ${this.#limits.requestBytes} bytes`,
    };
  }
}

function wrongType(attributes: Readonly<Record<string, string>>): FrameProblem | undefined {
  const type = attributes['request'];
  if (type === 'smtpd_access_policy') return undefined;
  const found = type === undefined ? 'no request attribute' : `request=${JSON.stringify(type.slice(0, 60))}`;
  return { code: 'wrong-request-type', message: `expected request=smtpd_access_policy, found ${found}` };
}
