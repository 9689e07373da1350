import {
  makeCertificate,
  PostfixDidNotStart,
  startLab,
  startNameserver,
  startPostfix,
  type Certificate,
  type PostfixHost,
} from '@postern/testbed';
import { authProbes } from './auth-probes.ts';
import { mailProbes } from './mail-probes.ts';
import type { Probe, Subject, Verdict } from './probe.ts';
import { days, host, user, type Lists } from './scene.ts';
import { smugglingProbes } from './smuggling-probes.ts';
import { tlsProbes } from './tls-probes.ts';

/** What makes up the configuration of a host: the two files, and the tables that they name. */
export type HostFiles = Required<Pick<PostfixHost, 'main' | 'master'>> &
  Pick<PostfixHost, 'files' | 'tables'>;

/** What a host did in each probe, in the order of `probes`; or why it could not even be asked. */
export type Transcript =
  | { readonly started: true; readonly verdicts: readonly (Verdict & { readonly title: string })[] }
  | { readonly started: false; readonly why: string };

export const probes: readonly Probe[] = [...mailProbes, ...authProbes, ...tlsProbes, ...smugglingProbes];

let certificate: Certificate | undefined;

/** Runs every probe against a configuration, whatever it is, on a host of its own for each state of the block lists. */
export async function runTranscript(files: HostFiles): Promise<Transcript> {
  const verdicts = new Map<Probe, Verdict>();
  try {
    for (const lists of ['well', 'open-resolver', 'parked'] as const) {
      await withHost(files, lists, async (subject) => {
        for (const probe of probes.filter((candidate) => candidate.lists === lists)) {
          verdicts.set(probe, await probe.examine(subject));
        }
      });
    }
  } catch (error) {
    if (error instanceof PostfixDidNotStart) return { started: false, why: error.why };
    throw error;
  }
  return {
    started: true,
    verdicts: probes.map((probe) => ({ title: probe.title, ...verdicts.get(probe)! })),
  };
}

/** Brings the host up with everything that its configuration may name, on a day when the lists answer like this. */
export async function withHost<T>(
  { files, tables = [], ...configuration }: HostFiles,
  lists: Lists,
  use: (subject: Subject) => Promise<T>,
  greets?: false,
): Promise<T> {
  certificate ??= makeCertificate(host.name);
  await using lab = await startLab({ hostname: host.name, addresses: [host.address, host.address6] });
  await using _ = await startNameserver({ lab, world: days[lists] });
  await using postfix = await startPostfix(lab, {
    ...configuration,
    ...(greets === false && { greets }),
    files: {
      ...files,
      '/etc/mailname': 'yourdomain.no\n',
      '/etc/aliases': 'postmaster: root\n',
      '/etc/ssl/certs/mail_yourdomain_no.pem': certificate.certificate,
      '/etc/ssl/private/mail_yourdomain_no.key': certificate.key,
      '/etc/ssl/certs/ssl-cert-snakeoil.pem': certificate.certificate,
      '/etc/ssl/private/ssl-cert-snakeoil.key': certificate.key,
    },
    tables: ['hash:/etc/aliases', ...tables],
    users: [user.name],
    passwords: { [user.mail]: user.password },
  });
  return await use({ lab, postfix });
}
