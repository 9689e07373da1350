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
  /** A mark that the reply has to bear too, where several receivers use one code. */
  readonly mark?: RegExp;
}

const googleSource = 'Google: Gmail SMTP errors and codes (support.google.com/a/answer/3726730)';
const outlookSource =
  'Microsoft: Outlook’s requirements for high-volume senders (April 2025), and postmaster.live.com';
const exchangeSource = 'Microsoft: Non-delivery reports in Exchange Online';
const yahooSource = 'Yahoo: SMTP error codes (senders.yahooinc.com/smtp-error-codes)';
const iana = 'RFC 3463, RFC 7372 and the IANA registry of enhanced status codes';

/** The most particular rules first: the first that matches is the answer. */
export const replyRules: readonly ReplyRule[] = [
  outlook(
    /\b5[.]7[.]515\b/,
    'The domain sends much mail, and SPF, DKIM or DMARC does not pass for it.',
    'Make SPF and DKIM pass, have one of them aligned with From, and publish DMARC (p=none at least). Check the domain and a message.',
  ),
  google(
    /\b4[.]7[.]26\b.*\btemporary DNS failures\b/i,
    'DMARC asks for rejection, and DNS failed while the message was checked.',
    'See that the name servers of the domain answer; it is tried again.',
  ),
  google(
    /\b[45][.]7[.]26\b.*\bDMARC\b/i,
    'The message is not authenticated for its From domain, whose DMARC policy asks for rejection.',
    'Check the message: sign with DKIM for the From domain, or send with an envelope sender there that SPF passes.',
  ),
  google(
    /\b5[.]7[.]26\b.*\bhard fail\b/i,
    'The envelope sender’s domain says -all in SPF, and this address is not in its record.',
    'Put the sending address into SPF, or do not forward with the original envelope sender (use SRS).',
  ),
  google(
    /\b[45][.]7[.]26\b/,
    'The message is not authenticated: neither SPF nor DKIM passes.',
    'Check the message: sign it with DKIM for the From domain and put the sending address into SPF.',
  ),
  google(
    /\b[45][.]7[.](?:23|25)\b|\bdoes(?:n.t| not) have a PTR record\b/i,
    'The sending address has no reverse name, or the name does not lead back.',
    'Have the reverse name set to the name in HELO, and publish the address under it. Check the host.',
  ),
  google(
    /\b[45][.]7[.]24\b/,
    'The SPF record of the sending domain has entries that Google takes for suspicious.',
    'Check the domain’s SPF: networks that are far too wide, or includes that nobody needs.',
  ),
  google(
    /\b[45][.]7[.]27\b/,
    'SPF does not pass for a sender of much mail.',
    'Put the sending address into the SPF record of the envelope sender’s domain.',
  ),
  google(
    /\b[45][.]7[.]28\b.*\bDKIM does not pass\b|\b[45][.]7[.]30\b/i,
    'DKIM does not pass for a sender of much mail.',
    'Sign with DKIM and check that the key is published.',
  ),
  google(
    /\b[45][.]7[.]28\b.*\bMessage-ID\b/i,
    'Too many messages had the same Message-ID.',
    'Give each message a Message-ID of its own.',
  ),
  google(
    /\b[45][.]7[.]28\b/,
    'Too much unwanted mail comes from this address, network, domain or with these links: the rate is limited.',
    'Slow down, look for a stolen account or a script, and watch the complaint rate in Postmaster Tools.',
  ),
  google(
    /\b[45][.]7[.]29\b|\bTLS required for RCPT domain\b/i,
    'The message came without TLS.',
    'Set smtp_tls_security_level = may at least.',
  ),
  google(
    /\b[45][.]7[.]32\b/,
    'The From domain is vouched for by neither SPF nor DKIM: it is not aligned.',
    'Sign with d= of the From domain, or use an envelope sender there.',
  ),
  google(
    /\b5[.]7[.]1\b.*\bIPv6 sending guidelines\b/i,
    'Over IPv6 a reverse name that leads back is asked for, and SPF or DKIM that passes.',
    'Set the reverse name of the IPv6 address and authenticate, or send over IPv4: inet_protocols = ipv4.',
  ),
  google(
    /\bRFC 5322 compliant\b|\bFrom: header\b|\bMessage-ID: header\b|\b5[.]6[.]0\b/i,
    'The header fields break RFC 5322: From or Message-ID is missing, stands twice or cannot be read.',
    'Look at what made the message; Postfix adds missing fields to mail of your own hosts (local_header_rewrite_clients).',
  ),
  google(
    /\b(?:unsolicited|very low reputation|suspicious)\b/i,
    'The message was taken for spam: by its content, or by the reputation of the address or domain.',
    'Check authentication, links and lists; a young address needs its volume raised slowly.',
  ),
  google(
    /\b[45][.]2[.]1\b.*\b(?:too quickly|at a rate)\b/i,
    'The recipient gets too much mail at the moment.',
    'Wait; a 4xx is tried again. Send fewer messages to this one recipient.',
  ),
  google(
    /\b5[.]4[.]5\b|\bsending limit exceeded\b|\brelay limit exceeded\b/i,
    'The account may send no more today.',
    'Wait a day, or send over a service that is made for such volumes.',
  ),
  google(
    /\b552 5[.]7[.]0\b|\bpotential security issue\b/i,
    'An attachment is of a kind that Gmail does not take, or looks dangerous.',
    'Send a link in its place.',
  ),
  google(
    /\bpolicy that prohibits\b|\bemail policy\b|\bgcdp\b/i,
    'A rule of the recipient’s own organisation forbids the mail.',
    'Ask the recipient’s administrator.',
  ),
  outlook(
    /\bS31[45]0\b|\bpart of their network is on our block list\b|\bSC-00[1-4]\b/i,
    'The address or its network is on the block list of Outlook.com.',
    'Find and stop what was sent, look at SNDS, then ask for mitigation at olcsupport.office.com.',
  ),
  outlook(
    /\b4[.]7[.]650\b|\bRP-00[1-3]\b|\bS77[57]\b/,
    'The rate is limited because of the address’s reputation.',
    'Send fewer at once; look at SNDS for the reputation, and check for a stolen account.',
  ),
  outlook(
    /\bDY-00[12]\b/,
    'The address looks like that of a home or rented line, or was seen to be misused.',
    'Send through your provider’s relay, or have the reverse name of a mail host set.',
  ),
  outlook(
    /\bOU-00[12]\b/,
    'The message was taken for spam.',
    'Look at what was sent and at SNDS; check authentication.',
  ),
  exchange(
    /\b5[.]7[.](?:60[6-9]|6[1-4]\d)\b|\b5[.]7[.]511\b.*\bbanned\b/i,
    'The sending address is banned by Exchange Online.',
    'Stop the cause, then ask for removal at sender.office.com (5.7.511: by mail to delist@microsoft.com).',
  ),
  exchange(
    /\b5[.]7[.]50[123]\b/,
    'The sender is taken for a source of spam, and access is denied.',
    'Look for a stolen account, then ask Microsoft’s support for removal.',
  ),
  exchange(
    /\b5[.]7[.]506\b/,
    'The HELO name is the receiver’s own, or no name of yours.',
    'Set myhostname (or smtp_helo_name) to a full name that leads to the sending address.',
  ),
  exchange(
    /\b5[.]7[.](?:507|508|513)\b/,
    'The recipient’s own organisation has blocked the sending address.',
    'Ask the recipient’s administrator.',
  ),
  exchange(
    /\b5[.]7[.]509\b|\bdoes not pass DMARC verification\b/i,
    'DMARC fails for the From domain, whose policy asks for rejection.',
    'Check the message: let SPF or DKIM pass for the From domain itself.',
  ),
  exchange(
    /\b5[.]7[.]510\b|\bdoes not accept email over IPv6\b/i,
    'The recipient takes no mail over IPv6.',
    'Send over IPv4: smtp_address_preference = ipv4.',
  ),
  exchange(
    /\b5[.]7[.]512\b/,
    'The From field breaks RFC 5322.',
    'Look at what made the message: one From field with a whole address.',
  ),
  exchange(
    /\b[45][.]7[.]32[1-5]\b|\b[45][.]4[.]31[67]\b/,
    'TLS to your own server is not what your records promise: DANE, DNSSEC or the certificate fails.',
    'Check the domain: TLSA records, signatures of the zone, and the certificate that the MX shows.',
  ),
  exchange(
    /\b4[.]7[.](?:5\d\d|6[0-4]\d|8[5-9]\d)\b.*(?:please try again|try again later|server busy)/i,
    'The sending address is looked at, and the rate is limited meanwhile.',
    'Wait; it is tried again. Check for a stolen account where it lasts.',
  ),
  exchange(
    /\b5[.]7[.](?:705|708|750)\b/,
    'The sender’s own Microsoft tenant has sent too much, or from domains that are not its own.',
    'The tenant’s administrator has to secure the accounts and ask Microsoft’s support.',
  ),
  exchange(
    /\b5[.]4[.]1\b.*\bRecipient address rejected: Access denied\b/i,
    'There is no such recipient (the receiver’s edge refuses unknown ones), or its domain is not set up there.',
    'Correct the address, and take it off lists.',
  ),
  exchange(
    /\b5[.]1[.]10\b.*\b(?:RecipientNotFound|Recipient not found)\b|\bRESOLVER[.]ADR[.]/i,
    'There is no such mailbox.',
    'Correct the address, and take it off lists.',
  ),
  yahoo(
    /\[TSS?0[1-8]\]/,
    'Mail from this address is deferred because of complaints, unusual volume or a poor reputation.',
    'Slow down, let it retry, and look at what was sent; join the complaint feedback loop.',
  ),
  yahoo(
    /\[TSS(?:09|1[01])\]|\bpermanently deferred\b/,
    'All mail from this address is refused; trying again does not help.',
    'Stop the cause, then ask through senders.yahooinc.com.',
  ),
  yahoo(
    /\[BL2[0-9]\]/,
    'The sending address is on a Spamhaus list.',
    'Look it up at check.spamhaus.org; stop the cause, then ask for removal there.',
  ),
  yahoo(
    /\[PH\d\d\]|\bnot (?:accepted|allowed) for policy reasons\b/i,
    'The content or a link in it is taken for phishing or otherwise forbidden.',
    'Look at links and attachments, and check authentication.',
  ),
  yahoo(
    /\bYahoo requires all senders to authenticate\b/i,
    'The message is not authenticated: neither SPF nor DKIM passes.',
    'Check the message: sign it with DKIM for the From domain and put the sending address into SPF.',
  ),
  yahoo(
    /\bunresolvable RFC[.]?532[12] (?:from )?domain\b/i,
    'The sender’s domain has no SOA, MX or A record that Yahoo can find.',
    'Publish the domain that stands in From and in the envelope, with its own zone.',
  ),
  yahoo(
    /\bThis user doesn.t have a \S+ account\b|\bdd \S+ is no longer valid\b/i,
    'There is no such mailbox.',
    'Correct the address, and take it off lists.',
  ),
  rule(
    /\b(?:CS01|HM0[78])\b.*\bicloud\b|\bicloud\b.*\b(?:CS01|HM0[78])\b|\[(?:CS01|HM0[78])\]/i,
    'Apple (iCloud)',
    'The message was refused by policy: content, reputation or authentication.',
    'Check authentication and what was sent; ask icloudadmin@apple.com with the whole reply where it lasts.',
    'Apple: Postmaster information for iCloud Mail (support.apple.com/102322)',
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
    /\b[45][.]7[.]25\b/,
    'any',
    'The sending address has no reverse name, or the name does not lead back.',
    'Have the reverse name set to the name in HELO, and publish the address under it. Check the host.',
    iana,
  ),
  rule(
    /\b[45][.]7[.]26\b/,
    'any',
    'More than one check of who sent this failed: SPF, DKIM or DMARC.',
    'Check the message: sign it with DKIM for the From domain and put the sending address into SPF.',
    iana,
  ),
  rule(
    /\b5[.]7[.]29\b/,
    'any',
    'The ARC chain of a forwarded message does not hold.',
    'Look at which of the forwarding hosts changes messages after it seals them.',
    iana,
  ),
  rule(
    /\b5[.]7[.]30\b/,
    'any',
    'The sender requires TLS on the whole way (REQUIRETLS), and the next host cannot promise it.',
    'Send without that demand, or over a host that knows REQUIRETLS.',
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
    /\b[45][.]1[.]8\b/,
    'any',
    'The sender’s address has a domain that DNS does not know.',
    'Publish MX or A records for the envelope sender’s domain; look at myorigin and at what scripts send.',
    iana,
  ),
  rule(
    /\bSender address rejected: (?:User unknown|undeliverable)|\bsender verif\w* fail/i,
    'any',
    'The sender’s address does not exist where its own mail is received: nobody could answer.',
    'Send with an address that takes mail; the receiver asks your MX (address verification).',
    'Postfix ADDRESS_VERIFICATION_README',
  ),
  rule(
    /^\W*(?:521|556)\b|\bdoes not accept mail\b/,
    'any',
    'The host or domain takes no mail.',
    'Correct the address.',
    'RFC 7504, RFC 7505',
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

/** Google ends each of its replies with `gsmtp`: others use the same codes as IANA means them. */
function google(matches: RegExp, meaning: string, todo: string): ReplyRule {
  return {
    matches,
    mark: /\bgsmtp\b|\bgoogle[.]com\b|\bGmail\b/i,
    who: 'Google',
    meaning,
    todo,
    source: googleSource,
  };
}

function outlook(matches: RegExp, meaning: string, todo: string): ReplyRule {
  return rule(matches, 'Microsoft (Outlook.com)', meaning, todo, outlookSource);
}

function exchange(matches: RegExp, meaning: string, todo: string): ReplyRule {
  return rule(matches, 'Microsoft (Exchange Online)', meaning, todo, exchangeSource);
}

function yahoo(matches: RegExp, meaning: string, todo: string): ReplyRule {
  return rule(matches, 'Yahoo', meaning, todo, yahooSource);
}

function rule(matches: RegExp, who: string, meaning: string, todo: string, source: string): ReplyRule {
  return { matches, who, meaning, todo, source };
}
