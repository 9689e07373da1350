import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { Certificate } from '@postern/testbed';
import { makeRecords, printRecords } from '../../src/index.ts';

export interface ZoneFacts {
  /** What mx.signed.example shows. */
  readonly certificate: Certificate;
}

/** A DKIM record for a new key. */
function key(modulusLength: number, more = ''): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  return txt(`v=DKIM1; ${more}p=${p}`);
}

/** A text as a zone file has it, in strings of at most 255 bytes. */
function txt(text: string): string {
  return printRecords([{ name: 'x', type: 'TXT', value: text, ttl: 60 }], 'zone', 'x')
    .replace('x. 60 IN TXT ', '')
    .trim();
}

const spf = 'v=spf1 ip4:127.0.1.1 -all';

/** What a domain needs besides what a scenario is about, so that only that stands out. */
function base(name: string, mx = 'mx'): string {
  return [
    `${name} MX 10 ${mx}`,
    `${name} TXT "${spf}"`,
    `_dmarc.${name} TXT "v=DMARC1; p=reject; rua=mailto:dmarc@${name}.plain.example"`,
    '',
  ].join('\n');
}

/** All zones: signed.example is whole, each name below plain.example has one thing to tell. */
export async function zones({ certificate }: ZoneFacts): Promise<Readonly<Record<string, string | null>>> {
  const pem = Buffer.from(certificate.certificate);
  const { records } = await makeRecords({
    domain: 'signed.example',
    spf,
    dkim: { selector: 's1' },
    dmarc: { policy: 'reject', reports: ['dmarc@signed.example'] },
    mtaSts: { mode: 'enforce', mx: ['mx.signed.example'], id: '20260101' },
    tlsReports: ['tls@signed.example'],
    caa: ['ca.example.net'],
    tlsa: { host: 'mx.signed.example', certificate: pem },
    ttl: 60,
  });
  const authority = sha256(new X509Certificate(certificate.authority).raw);
  const misbehaving = Array.from(
    { length: 11 },
    (_, index) => `bad${index + 1} A 127.0.3.${index + 1}\n${base(`rude${index + 1}`, `bad${index + 1}`)}`,
  );
  const many = Array.from({ length: 12 }, (_, index) => `include:i${index}.budget`).join('.plain.example ');
  return {
    'signed.example': [
      '@ MX 10 mx\nmx A 127.0.1.1\nmta-sts A 127.0.2.1\nother A 127.0.1.1',
      printRecords(records, 'zone', 'signed.example'),
      // Pinned wrongly, uselessly, and by the authority.
      `mispinned MX 10 mx-mispinned\nmx-mispinned A 127.0.1.1\n_25._tcp.mx-mispinned TLSA 3 1 1 ${'00'.repeat(32)}`,
      `usage0 MX 10 mx-usage0\nmx-usage0 A 127.0.1.1\n_25._tcp.mx-usage0 TLSA 1 1 1 ${'00'.repeat(32)}`,
      `anchored MX 10 mx-ta\nmx-ta A 127.0.1.1\n_25._tcp.mx-ta TLSA 2 0 1 ${authority}`,
      `misnamed MX 10 mx-tb\nmx-tb A 127.0.1.1\n_25._tcp.mx-tb TLSA 2 0 1 ${authority}`,
      `critical MX 10 mx-critical\nmx-critical A 127.0.1.1\nmx-critical CAA 128 tbs "unknown"`,
      `forbidden MX 10 mx-forbidden\nmx-forbidden A 127.0.1.1\nmx-forbidden CAA 0 issue ";"`,
    ].join('\n'),
    'plain.example': [
      // Hosts
      'mx A 127.0.1.1\nmta-sts A 127.0.2.1\n*.mta-sts A 127.0.2.1\nclear A 127.0.1.2\nnamed A 127.0.1.3\nold A 127.0.1.4',
      `mx6 AAAA ::1\n_25._tcp.mx TLSA 2 0 1 ${authority}\nalias CNAME mx`,
      // MX
      'null MX 0 .\nnull TXT "v=spf1 -all"\n_dmarc.null TXT "v=DMARC1; p=reject; rua=mailto:d@null.plain.example"',
      'undecided MX 0 .\nundecided MX 10 mx',
      base('aliased', 'alias'),
      base('nowhere', 'gone'),
      base('literal', '192.0.2.1.'),
      'own A 127.0.1.1\nown TXT "v=spf1 a -all"',
      'empty TXT "hello"',
      // SPF
      'spf0 MX 10 mx',
      `spf2 MX 10 mx\nspf2 TXT "${spf}"\nspf2 TXT "v=spf1 mx -all"`,
      `budget MX 10 mx\nbudget TXT ${txt(`v=spf1 ${many}.plain.example -all`)}`,
      ...Array.from({ length: 12 }, (_, index) => `i${index}.budget TXT "v=spf1 ip4:127.0.9.${index} -all"`),
      'spfall MX 10 mx\nspfall TXT "v=spf1 +all"',
      'spftypo MX 10 mx\nspftypo TXT "v=spf1 ipv4:127.0.1.1 -all"',
      // DKIM
      `${base('dkim')}\nsmall._domainkey.dkim TXT ${key(512)}\nfair._domainkey.dkim TXT ${key(1024)}\ngood._domainkey.dkim TXT ${key(2048)}`,
      `test._domainkey.dkim TXT ${key(2048, 't=y; ')}\ngone._domainkey.dkim TXT "v=DKIM1; p="`,
      `cut._domainkey.dkim TXT "v=DKIM1; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"\nother._domainkey.dkim TXT ${key(2048, 's=tlsrpt; ')}`,
      `two._domainkey.dkim TXT ${key(1024)}\ntwo._domainkey.dkim TXT ${key(1024)}\nv2._domainkey.dkim TXT ${key(1024).replace('DKIM1', 'DKIM2')}`,
      `ed._domainkey.dkim TXT "v=DKIM1; k=ed25519; p=${Buffer.alloc(32, 7).toString('base64')}"`,
      `${base('guessed')}\ndefault._domainkey.guessed TXT ${key(2048)}`,
      // DMARC
      `dmarc-none MX 10 mx\ndmarc-none TXT "${spf}"\n_dmarc.dmarc-none TXT "v=DMARC1; p=none; rua=mailto:d@dmarc-none.plain.example"`,
      '_dmarc.dmarc2 TXT "v=DMARC1; p=none"\n_dmarc.dmarc2 TXT "v=DMARC1; p=reject"\ndmarc2 MX 10 mx',
      'foreign MX 10 mx\n_dmarc.foreign TXT "v=DMARC1; p=reject; rua=mailto:d@signed.example"',
      'agreed MX 10 mx\n_dmarc.agreed TXT "v=DMARC1; p=reject; rua=mailto:d@reports.example.net"',
      'org MX 10 mx\n_dmarc.org TXT "v=DMARC1; p=none; sp=reject; rua=mailto:d@org.plain.example"\nsub.org MX 10 mx',
      'unusable MX 10 mx\n_dmarc.unusable TXT "v=DMARC1; p=refuse"',
      'twice MX 10 mx\n_dmarc.twice TXT "v=DMARC1; p=none; p=reject"',
      'tested MX 10 mx\n_dmarc.tested TXT "v=DMARC1; p=reject; t=y; pct=50; rua=mailto:d@tested.plain.example"',
      // MTA-STS and reports
      ...[
        'good',
        'missing',
        'typed',
        'moved',
        'testing',
        'huge',
        'slow',
        'broken',
        'none',
        'untrusted',
        'other-mx',
      ].map(
        (name) => `${base(name)}\n_mta-sts.${name} TXT "v=STSv1; id=20260101;"\nmta-sts.${name} A 127.0.2.1`,
      ),
      `${base('homeless')}\n_mta-sts.homeless TXT "v=STSv1; id=20260101;"`,
      `${base('sts2')}\n_mta-sts.sts2 TXT "v=STSv1; id=1;"\n_mta-sts.sts2 TXT "v=STSv1; id=2;"\nmta-sts.sts2 A 127.0.2.1`,
      `${base('tlsrpt')}\n_smtp._tls.tlsrpt TXT "v=TLSRPTv1; rua=tls@tlsrpt.plain.example"`,
      // BIMI
      `${base('bimi')}\ndefault._bimi.bimi TXT "v=BIMI1; l=https://example.net/logo.svg; a=https://example.net/mark.pem"`,
      'weakbimi MX 10 mx\n_dmarc.weakbimi TXT "v=DMARC1; p=none"\ndefault._bimi.weakbimi TXT "v=BIMI1; l=https://example.net/logo.svg"',
      // TLS
      base('cleartext', 'clear'),
      base('misnamed', 'named'),
      base('tls12', 'old'),
      base('six', 'mx6'),
      ...misbehaving,
      // Lists
      '2.0.0.127.bl A 127.0.0.2\n66.1.0.127.bl A 127.0.0.2\n66.1.0.127.bl TXT "sent spam"',
      'host66 A 127.0.1.66\nhost70 A 127.0.1.70\n127-0-1-71.dyn A 127.0.1.71\nelsewhere A 127.0.1.99',
    ].join('\n'),
    'example.net': 'agreed.plain.example._report._dmarc.reports TXT "v=DMARC1"',
    // The top, so that walks up the tree end in an answer.
    example: 'nothing TXT "here"',
    net: 'nothing TXT "here"',
    'forged.example': '@ MX 10 mx.plain.example.',
    'dead.example': null,
    '127.in-addr.arpa': [
      '1.1.0 PTR mx.signed.example.\n66.1.0 PTR host66.plain.example.\n70.1.0 PTR elsewhere.plain.example.',
      '71.1.0 PTR 127-0-1-71.dyn.plain.example.\n72.1.0 PTR mx.signed.example.\n2.1.0 PTR clear.plain.example.',
      '73.1.0 PTR elsewhere.plain.example.\n73.1.0 PTR host66.plain.example.\n74.1.0 PTR gone.dead.example.',
    ].join('\n'),
    '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa': '1.0.0.0.0 PTR mx6.plain.example.',
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
