import type { Pasted } from './inspect.ts';

/** What the page begins with: a server from the days of the guide. */
export const example: Pasted = {
  version: '3.7.11',
  profile: 'internet-mx',
  main: `myhostname = mail.example.no
mydestination = $myhostname, localhost, example.no
mynetworks = 127.0.0.0/8 10.0.0.0/8
smtpd_recipient_restrictions =
    permit_mynetworks,
    reject_rbl_client zen.spamhaus.org,
    reject_unauth_destination
smtpd_use_tls = yes
`,
  master: `smtp      inet  n       -       y       -       -       smtpd
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
smtp      unix  -       -       y       -       -       smtp
`,
};

export const exampleZones = `{
  "10.2.0.192.in-addr.arpa": { "PTR": ["mx.sender.example"] },
  "mx.sender.example": { "A": ["192.0.2.10"] },
  "sender.example": { "MX": [{ "preference": 10, "exchange": "mx.sender.example" }] }
}
`;
