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
  #attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  #count = 0;
  #requestBytes = 0;

  constructor(limits: FrameLimits = defaultFrameLimits) {
    this.#limits = limits;
  }

  /** Whether part of a request has arrived. */
  get begun(): boolean {
    return this.#count > 0 || this.#pending.length > 0;
  }

  /**
   * Takes what arrived.
   *
   * @returns the requests that are now complete, and the problem that ends the stream, if there is one
   */
  push(chunk: Buffer): { requests: Record<string, string>[]; problem?: FrameProblem } {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const requests: Record<string, string>[] = [];
    const end = bytes.lastIndexOf(newline) + 1;
    // All complete lines at once: turning bytes into text line by line costs three times as much.
    const text = bytes.toString('utf8', 0, end);
    const isAscii = text.length === end;
    for (let start = 0; start < text.length;) {
      const lineEnd = text.indexOf('\n', start);
      const line = text.slice(start, lineEnd);
      start = lineEnd + 1;
      this.#requestBytes += (isAscii ? line.length : Buffer.byteLength(line)) + 1;
      if (this.#requestBytes > this.#limits.requestBytes) return { requests, problem: this.#tooLarge() };
      if (line.length > 0) {
        const problem = this.#addLine(line);
        if (problem) return { requests, problem };
        continue;
      }
      if (this.#count > 0) {
        const problem = wrongType(this.#attributes);
        if (problem) return { requests, problem };
        requests.push(this.#attributes);
      }
      this.#startRequest();
    }
    // A copy, so that an idle connection does not hold on to the 64 kB that its last request was read into.
    this.#pending = end === bytes.length ? nothing : end > 0 ? Buffer.from(bytes.subarray(end)) : bytes;
    if (this.#requestBytes + this.#pending.length > this.#limits.requestBytes)
      return { requests, problem: this.#tooLarge() };
    return { requests };
  }

  #addLine(line: string): FrameProblem | undefined {
    const equals = line.indexOf('=');
    if (equals < 1) {
      return { code: 'no-equals-sign', message: `line ${this.#count + 1} of a request is not name=value` };
    }
    if (++this.#count > this.#limits.attributes) {
      return {
        code: 'too-many-attributes',
        message: `a request has more than ${this.#limits.attributes} attributes`,
      };
    }
    this.#attributes[line.slice(0, equals)] = line.slice(equals + 1);
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
