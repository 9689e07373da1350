import { readFileSync } from 'node:fs';
import { effective, parseMain, parseMaster } from '@postern/config';
import { describeWith } from '@postern/testbed';
import { beforeAll, expect, it } from 'vitest';
import { hardened, mended } from './configurations.ts';
import { page, putTable, renderTable, runAll, type Transcripts } from './table.ts';
import { probes, withHost, type Transcript } from './transcript.ts';

const needs = ['root', 'namespaces', 'ip', 'postfix', 'openssl', 'saslpasswd2', 'policyd-spf'];

describeWith(needs, 'the transcript against real Postfix', () => {
  let transcripts: Transcripts;
  beforeAll(async () => {
    transcripts = await runAll();
  });

  /** What went wrong, as `title: what happened`. */
  const wrong = (transcript: Transcript): string[] =>
    transcript.started
      ? transcript.verdicts.filter(({ right }) => !right).map(({ title, said }) => `${title}: ${said}`)
      : [`does not start: ${transcript.why}`];

  it('finds everything as it should be on the hardened host', () => {
    expect(wrong(transcripts.hardened)).toEqual([]);
    expect(transcripts.hardened).toMatchObject({ started: true, verdicts: { length: probes.length } });
  });

  it("shows that the guide's lines as printed keep Postfix from starting", () => {
    expect(wrong(transcripts.asPrinted)).toEqual([
      expect.stringMatching(
        /^does not start: fatal: \/etc\/postfix\/main\.cf, line \d+: missing '=' after attribute name: "permit_mynetworks,"$/,
      ),
    ]);
  });

  it('shows what is wrong with the guide even when its lines are mended', () => {
    expect(wrong(transcripts.mended)).toEqual([
      'A legitimate message is delivered while Spamhaus answers 127.255.255.254 to everything (public resolver): refused at RCPT: 554 5.7.1',
      'A legitimate message is delivered while the domain of SpamCop is parked and answers everything: refused at RCPT: 554 5.7.1',
      'A user submits mail with a password on port 587, after STARTTLS: nobody listens',
      'A user submits mail with a password on port 465, inside TLS: nobody listens',
      'VRFY tells nobody who is a user: 252 and 550',
      // The same handshakes that the hardened host refuses: so it is the server that refuses there, not we.
      'TLS 1.0 is refused: agreed',
      'TLS 1.1 is refused: agreed',
      'No second message is smuggled behind LF . LF: two messages delivered',
      'No second message is smuggled behind LF . CR LF: two messages delivered',
      'No second message is smuggled behind CR LF . LF: two messages delivered',
    ]);
  });

  it('is what docs/before-and-after.md shows (table.ts --write brings it up to date)', () => {
    const text = readFileSync(page, 'utf8');
    expect(putTable(text, renderTable(transcripts))).toBe(text);
  });
});

/** postconf prints one blank where a value has several: where its lines were joined, say. */
function asPrinted(value: string | null | undefined): string | undefined {
  return value?.replace(/\s+/g, ' ');
}

describeWith(needs, 'the hardened host', () => {
  for (const [title, files] of Object.entries({ hardened, 'before, mended by hand': mended })) {
    it(`has the values that we read from its files (${title})`, async () => {
      await withHost(files, 'well', async ({ postfix }) => {
        const ours = effective({
          main: parseMain(files.main),
          master: parseMaster(files.master),
          version: '3.7.11',
        });
        const set = await postfix.postconf('-n');
        expect(set.size).toBeGreaterThan(15);
        const expanded = await postfix.postconf('-nx');
        for (const [name, raw] of set) {
          const { raw: ourRaw, value } = ours.get(name) ?? {};
          expect([name, asPrinted(ourRaw), asPrinted(value)]).toEqual([name, raw, expanded.get(name)]);
        }
      });
    });
  }

  it('starts without a complaint', async () => {
    await withHost(hardened, 'well', async ({ postfix }) => {
      expect(postfix.complaints()).toEqual([]);
    });
  });
});
