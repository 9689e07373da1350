/** A reply of a receiver that people meet, what it means and what to do. */
export interface ReplyMeaning {
  /** Who says it; `any` for what the standards define. */
  readonly who: string;
  readonly meaning: string;
  readonly todo: string;
  readonly source: string;
}

export interface ReplyRule extends ReplyMeaning {
  /** Held against the whole reply: code, enhanced code and text. */
  readonly matches: RegExp;
}

const google = 'Google: SMTP error reference (support.google.com/a/answer/3726730)';
const microsoft =
  'Microsoft: non-delivery reports in Exchange Online, and sender requirements of Outlook.com (2025)';
const yahoo = 'Yahoo: SMTP error codes (senders.yahooinc.com/smtp-error-codes)';
const iana = 'RFC 3463, RFC 7372 and the IANA registry of enhanced status codes';

/** The most particular rules first: the first that matches is the answer. */
export const replyRules: readonly ReplyRule[] = [
  rule(
    /\b5[.]7[.]515\b/,
    'Microsoft (Outlook.com)',
    'The domain sends much mail, and SPF, DKIM or DMARC does not pass for it.',
    'Make SPF and DKIM pass, have one of them aligned with From, and publish DMARC (p=none at least). Check the domain and a message.',
    microsoft,
  ),
  rule(
    /\b5[.]7[.]26\b/,
    'Google',
    'The message is not authenticated: neither SPF nor DKIM passes, or DMARC asks for rejection.',
    'Check the message: sign it with DKIM for the From domain and put the sending address into SPF.',
    google,
  ),
  rule(
    /\b[45][.]7[.]25\b/,
    'Google',
    'The sending address has no reverse name, or the name does not lead back.',
    'Have the reverse name set to the name in HELO, and publish the address under it. Check the host.',
    google,
  ),
  rule(
    /\b[45][.]7[.]27\b/,
    'Google',
    'SPF does not pass for a sender of much mail.',
    'Put the sending address into the SPF record of the envelope sender’s domain.',
    google,
  ),
  rule(
    /\b[45][.]7[.]28\b/,
    'Google',
    'Too much unwanted mail comes from this address or domain: the rate is limited.',
    'Slow down, look for a stolen account or a script, and watch the complaint rate in Postmaster Tools.',
    google,
  ),
  rule(
    /\b[45][.]7[.]29\b/,
    'Google',
    'The message came without TLS.',
    'Set smtp_tls_security_level = may at least.',
    google,
  ),
  rule(
    /\b[45][.]7[.]30\b/,
    'Google',
    'DKIM does not pass for a sender of much mail.',
    'Sign with DKIM and check that the key is published.',
    google,
  ),
  rule(
    /\b[45][.]7[.]32\b/,
    'Google',
    'The From domain is vouched for by neither SPF nor DKIM: it is not aligned.',
    'Sign with d= of the From domain, or use an envelope sender there.',
    google,
  ),
  rule(
    /\b4[.]7[.]23\b.*\b(?:reverse|PTR)/i,
    'Google',
    'The sending address has no matching reverse name, and the rate is limited for it.',
    'Have the reverse name set to the name in HELO, and publish the address under it.',
    google,
  ),
  rule(
    /\b5[.]7[.]1\b.*\bUnsolicited\b/i,
    'Google',
    'The message was taken for spam.',
    'Check authentication, links and lists; a young address needs its volume raised slowly.',
    google,
  ),
  rule(
    /\b5[.]7[.]1\b.*(?:\bS3140\b|\bS3150\b|part of their network is on our block list)/i,
    'Microsoft (Outlook.com)',
    'The address or its network is on the block list of Outlook.com.',
    'Find and stop what was sent, then ask at sender.office.com (the delist portal) or through SNDS.',
    microsoft,
  ),
  rule(
    /\b5[.]7[.]606\b|\b5[.]7[.]51[12]\b.*(?:blocked|banned)/i,
    'Microsoft (Exchange Online)',
    'The sending address is blocked by Exchange Online Protection.',
    'Ask for removal at sender.office.com after the cause is gone.',
    microsoft,
  ),
  rule(
    /\b(?:4[.]7[.]650|RP-00[123]|S77[57])\b/,
    'Microsoft (Outlook.com)',
    'The rate is limited because of the address’s reputation.',
    'Send fewer at once; look at SNDS for the reputation, and check for a stolen account.',
    microsoft,
  ),
  rule(
    /\[TSS0[4-9]\]|\bTSS0[4-9]\b/,
    'Yahoo',
    'Mail from this address is deferred because of complaints or unusual volume.',
    'Slow down, let it retry, and look at what was sent; join the complaint feedback loop.',
    yahoo,
  ),
  rule(
    /\[(?:TSS1[01]|BL2[0-9])\]|\bTSS1[01]\b/,
    'Yahoo',
    'Mail from this address is blocked for its reputation or because it is on a list.',
    'Check the address on lists, stop the cause, then ask at senders.yahooinc.com.',
    yahoo,
  ),
  rule(
    /\b554\b.*\bTS03\b|\[TS0[123]\]/,
    'Yahoo',
    'All mail from this address is deferred or refused for unwanted mail.',
    'Stop the cause and wait; more attempts make it worse.',
    yahoo,
  ),
  rule(
    /\bspamhaus\b|\b(?:sbl|xbl|pbl)\b/i,
    'a receiver that asks Spamhaus',
    'The sending address or a domain in the message is on a Spamhaus list — or the receiver’s resolver is refused by the list.',
    'Look it up at check.spamhaus.org; stop the cause, then ask for removal. On PBL, send through your provider’s relay.',
    'Spamhaus: which list means what (spamhaus.org/faqs)',
  ),
  rule(
    /barracuda|bl[.]spamcop[.]net|mimecast|proofpoint|cloudmark|abusix|sorbs|uceprotect/i,
    'a receiver that asks a reputation service',
    'The sending address is on the list that the reply names.',
    'Check the address on lists; stop the cause, then ask that service for removal.',
    'the service’s own pages',
  ),
  rule(
    /grey-?list|try again later|come back later|\b4[.]7[.]1\b.*(?:delay|wait|again|postgrey)|\bpostgrey\b/i,
    'any',
    'Greylisting: the receiver wants the same message again after some minutes.',
    'Nothing. Postfix tries again by itself; where it takes long, the sending address may change between tries.',
    'RFC 6647',
  ),
  rule(
    /\b5[.]7[.]23\b/,
    'any',
    'SPF says that this address may not send for the domain.',
    'Put the sending address into SPF, or do not forward with the original envelope sender (use SRS).',
    iana,
  ),
  rule(
    /\b4[.]7[.]24\b/,
    'any',
    'SPF could not be checked: DNS failed.',
    'See that the name servers of the domain answer; it is tried again.',
    iana,
  ),
  rule(
    /\b5[.]7[.]24\b/,
    'any',
    'The SPF record of the domain cannot be used.',
    'Check the domain: too many lookups, a syntax error or two records.',
    iana,
  ),
  rule(
    /\b5[.]7[.]20\b/,
    'any',
    'No DKIM signature passes.',
    'Check the message and the published key.',
    iana,
  ),
  rule(
    /\b5[.]7[.]21\b/,
    'any',
    'No DKIM signature is acceptable: too weak a key or algorithm.',
    'Sign with RSA of 2048 bits or Ed25519, and SHA-256.',
    iana,
  ),
  rule(
    /\b5[.]7[.]22\b/,
    'any',
    'No DKIM signature is by the author’s domain.',
    'Sign with d= of the From domain.',
    iana,
  ),
  rule(
    /\b5[.]7[.]27\b/,
    'any',
    'The sender’s domain says that it takes no mail (null MX), so nobody could answer.',
    'Send from a domain that takes mail.',
    iana,
  ),
  rule(
    /\bDMARC\b/i,
    'any',
    'The DMARC policy of the From domain asks for this.',
    'Check the message: let SPF or DKIM pass for the From domain itself.',
    'RFC 9989',
  ),
  rule(
    /\b5[.]1[.]10\b/,
    'any',
    'The recipient’s domain takes no mail (null MX).',
    'Correct the address.',
    iana,
  ),
  rule(
    /\b5[.]1[.][01]\b|\bUser unknown\b|\bdoes not exist\b|\bno such (?:user|recipient|mailbox)\b|\bmailbox (?:unavailable|not found)\b/i,
    'any',
    'There is no such mailbox.',
    'Correct the address, and take it off lists: many such replies cost reputation.',
    iana,
  ),
  rule(
    /\b5[.]1[.]2\b|\bDomain not found\b|\bHost not found\b/i,
    'any',
    'The recipient’s domain does not exist or has no mail server.',
    'Correct the address.',
    iana,
  ),
  rule(
    /\b[45][.]1[.]8\b/,
    'any',
    'The sender’s address has a domain that DNS does not know.',
    'Publish MX or A records for the envelope sender’s domain; look at myorigin and at what scripts send.',
    iana,
  ),
  rule(
    /\b5[.]1[.]7\b/,
    'any',
    'The sender’s address has a syntax that the receiver refuses.',
    'Send from a proper address.',
    iana,
  ),
  rule(
    /\b[45][.]2[.]2\b|\b(?:over|exceeded) (?:the )?quota\b|\bmailbox (?:is )?full\b/i,
    'any',
    'The mailbox is full.',
    'The recipient has to make room.',
    iana,
  ),
  rule(
    /\b[45][.]2[.]1\b/,
    'any',
    'The mailbox is disabled or takes no mail for now.',
    'Ask the recipient by other means.',
    iana,
  ),
  rule(
    /\b5[.][23][.]4\b|\bmessage size exceeds\b|\btoo (?:large|big)\b/i,
    'any',
    'The message is larger than the receiver takes.',
    'Send a link in place of the attachment.',
    iana,
  ),
  rule(
    /\b[45][.]3[.]1\b|\binsufficient (?:system )?(?:storage|disk)\b/i,
    'any',
    'The receiver’s disk is full.',
    'Wait; it is tried again.',
    iana,
  ),
  rule(
    /\b4[.]3[.]2\b/,
    'any',
    'The receiver takes no mail for the moment.',
    'Wait; it is tried again.',
    iana,
  ),
  rule(
    /\b[45][.]4[.][467]\b|\b(?:loop|too many hops)\b/i,
    'any',
    'The mail goes round in circles, or could not be delivered in time.',
    'Look at forwarding, at mydestination and at MX records that lead back here.',
    iana,
  ),
  rule(
    /\b4[.]4[.][12]\b|\b(?:connection )?timed out\b|\bconnection refused\b|\blost connection\b/i,
    'any',
    'The receiver cannot be reached, or the connection broke.',
    'Try its port 25 from this host; a firewall on the way, or on this side, is the usual cause.',
    iana,
  ),
  rule(
    /\b[45][.]5[.]3\b|\btoo many recipients\b/i,
    'any',
    'Too many recipients at once.',
    'Postfix splits and tries again by itself (smtp_destination_recipient_limit).',
    iana,
  ),
  rule(
    /\b[45][.]7[.]0\b.*STARTTLS|\bmust issue a STARTTLS\b|\bTLS (?:is )?required\b/i,
    'any',
    'The receiver takes mail over TLS only.',
    'Set smtp_tls_security_level = may at least.',
    'RFC 3207',
  ),
  rule(
    /\b5[.]7[.]8\b|\b535\b/,
    'any',
    'The user name or password was refused.',
    'Correct the credentials of the relay; for Gmail and Microsoft an application password or OAuth is needed.',
    'RFC 4954',
  ),
  rule(
    /\b530\b|\b5[.]7[.]0\b.*authentication required|\bauthentication required\b/i,
    'any',
    'The server wants a login before it takes mail.',
    'Set smtp_sasl_auth_enable and the credentials for this relay.',
    'RFC 4954',
  ),
  rule(
    /relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed))|unable to relay/i,
    'any',
    'The receiver is not responsible for that recipient and does not relay for you.',
    'See that the recipient’s MX is the host that you talk to; for your own server: the client is neither in mynetworks nor logged in.',
    'RFC 5321 section 3.6',
  ),
  rule(
    /\bHelo command rejected\b|\binvalid (?:HELO|EHLO|hostname)\b/i,
    'any',
    'The receiver does not like the HELO name.',
    'Set myhostname (or smtp_helo_name) to a full name that leads to the sending address.',
    'RFC 5321 section 4.1.1.1',
  ),
  rule(
    /\b(?:reverse DNS|PTR|rDNS|cannot find your (?:reverse )?hostname)\b/i,
    'any',
    'The sending address has no reverse name, or one that does not lead back.',
    'Have the reverse name set to the name in HELO. Check the host.',
    'RFC 1912 section 2.1',
  ),
  rule(
    /\bblock(?:ed|list)|black-?list|\bbad reputation\b|\bpoor reputation\b|\bbanned\b/i,
    'any',
    'The sending address or domain is blocked for its reputation.',
    'Check the address on lists; stop the cause, then ask the receiver or the list that the reply names.',
    iana,
  ),
  rule(
    /\bspam\b|\bunsolicited\b|\bcontent (?:rejected|filter)/i,
    'any',
    'The content was taken for spam or is forbidden there.',
    'Send a plain text to the same recipient to tell content from reputation.',
    iana,
  ),
  rule(
    /\brate\b.*\blimit|\btoo many (?:connections|messages)\b|\bthrottl|\b4[.]7[.]0\b/i,
    'any',
    'Too much at once: the receiver limits the rate.',
    'Lower default_destination_concurrency_limit for this destination, or set a rate delay for it; it is tried again.',
    iana,
  ),
  rule(
    /\b5[.]6[.]\d+\b/,
    'any',
    'The message’s own form is refused: encoding, header fields or line length.',
    'Look at what made the message; SMTPUTF8 addresses need a receiver that knows them.',
    iana,
  ),
  rule(
    /\b[45][.]7[.]1\b/,
    'any',
    'The receiver’s own rules forbid it: the text after the code says which.',
    'Read the text; check the host, the domain and a message.',
    iana,
  ),
  rule(
    /\b[45][.]0[.]0\b/,
    'any',
    'The receiver gives no reason in its code.',
    'Read the text that follows.',
    iana,
  ),
];

function rule(matches: RegExp, who: string, meaning: string, todo: string, source: string): ReplyRule {
  return { matches, who, meaning, todo, source };
}
