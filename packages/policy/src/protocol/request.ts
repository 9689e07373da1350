/**
 * One question of smtpd, as SMTPD_POLICY_README lists its attributes up to Postfix 3.12.
 * An attribute that Postfix left empty or did not send is absent here; `attributes` has everything as it came.
 */
export interface PolicyRequest {
  /** Every attribute as it was sent, unknown ones included. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly protocolState?: ProtocolState;
  readonly protocolName?: string;
  readonly heloName?: string;
  readonly queueId?: string;
  /** The envelope sender; the empty string is the null sender. Absent before MAIL FROM. */
  readonly sender?: string;
  readonly recipient?: string;
  /** Recipients accepted so far; 0 before DATA. */
  readonly recipientCount: number;
  readonly clientAddress?: string;
  readonly clientName?: string;
  readonly clientPort?: number;
  readonly reverseClientName?: string;
  readonly serverAddress?: string;
  readonly serverPort?: number;
  /** The same for every request of one message. */
  readonly instance?: string;
  readonly saslMethod?: string;
  readonly saslUsername?: string;
  readonly saslSender?: string;
  /** Bytes: announced by the client with SIZE, or counted at END-OF-MESSAGE. */
  readonly size: number;
  readonly ccertSubject?: string;
  readonly ccertIssuer?: string;
  readonly ccertFingerprint?: string;
  readonly ccertPubkeyFingerprint?: string;
  readonly encryptionProtocol?: string;
  readonly encryptionCipher?: string;
  /** Bits. */
  readonly encryptionKeysize?: number;
  readonly etrnDomain?: string;
  /** Whether smtpd runs under stress (STRESS_README). */
  readonly stress: boolean;
  readonly policyContext?: string;
  readonly compatibilityLevel?: string;
  readonly mailVersion?: string;
  readonly tlsSni?: string;
}

export type ProtocolState =
  'CONNECT' | 'EHLO' | 'HELO' | 'MAIL' | 'RCPT' | 'DATA' | 'END-OF-MESSAGE' | 'VRFY' | 'ETRN';

const states = new Set<string>([
  'CONNECT',
  'EHLO',
  'HELO',
  'MAIL',
  'RCPT',
  'DATA',
  'END-OF-MESSAGE',
  'VRFY',
  'ETRN',
]);

/** Attributes that are text, by their name in the protocol. */
const textAttributes = {
  protocol_name: 'protocolName',
  helo_name: 'heloName',
  queue_id: 'queueId',
  recipient: 'recipient',
  client_address: 'clientAddress',
  client_name: 'clientName',
  reverse_client_name: 'reverseClientName',
  server_address: 'serverAddress',
  instance: 'instance',
  sasl_method: 'saslMethod',
  sasl_username: 'saslUsername',
  sasl_sender: 'saslSender',
  ccert_subject: 'ccertSubject',
  ccert_issuer: 'ccertIssuer',
  ccert_fingerprint: 'ccertFingerprint',
  ccert_pubkey_fingerprint: 'ccertPubkeyFingerprint',
  encryption_protocol: 'encryptionProtocol',
  encryption_cipher: 'encryptionCipher',
  etrn_domain: 'etrnDomain',
  policy_context: 'policyContext',
  compatibility_level: 'compatibilityLevel',
  mail_version: 'mailVersion',
  tls_sni: 'tlsSni',
} as const satisfies Record<string, keyof PolicyRequest>;

const numberAttributes = {
  client_port: 'clientPort',
  server_port: 'serverPort',
  encryption_keysize: 'encryptionKeysize',
} as const satisfies Record<string, keyof PolicyRequest>;

const textEntries = Object.entries(textAttributes);
const numberEntries = Object.entries(numberAttributes);
/** Where an empty sender is none yet, and not the null sender. */
const beforeSender = new Set<string | undefined>(['CONNECT', 'EHLO', 'HELO', 'VRFY', 'ETRN']);

/** Gives the attributes of one request their names and types. Unknown attributes stay in `attributes`. */
export function readRequest(attributes: Readonly<Record<string, string>>): PolicyRequest {
  const request: Record<string, unknown> = {
    attributes,
    recipientCount: count(attributes['recipient_count']),
    size: count(attributes['size']),
    stress: attributes['stress'] === 'yes',
  };
  const state = attributes['protocol_state'];
  if (state !== undefined && states.has(state)) request['protocolState'] = state;
  const { sender } = attributes;
  if (sender !== undefined && (sender !== '' || !beforeSender.has(state))) request['sender'] = sender;
  for (const [name, key] of textEntries) {
    const value = attributes[name];
    if (value) request[key] = value;
  }
  for (const [name, key] of numberEntries) {
    const value = attributes[name];
    if (value && /^\d{1,9}$/.test(value)) request[key] = Number(value);
  }
  return request as unknown as PolicyRequest;
}

function count(value: string | undefined): number {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : 0;
}
