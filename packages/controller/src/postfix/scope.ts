import { effective, parseMain } from '@postern/config';
import type { Files } from '@postern/plan';
import type { HostChanges } from './changes.ts';

/** How much of a host a change is about, which says how much Postfix has to be asked of it. */
export type Scope = 'settings' | 'installation';

/**
 * Whether `postfix check` could say of the host after the change what it does not say of it now. It goes through
 * folders, owners and queues, and cares for few settings.
 *
 * @see postfix-script(1), post-install(1), postsuper(1)
 */
export function scopeOf({ files, action, before, after }: HostChanges, version: string): Scope {
  if (action !== 'reload' || files.some(({ path, bytes }) => path !== 'main.cf' || bytes === null)) {
    return 'installation';
  }
  const [old, now] = [before, after].map((side) => checked(side, version));
  return old === now ? 'settings' : 'installation';
}

/** What main.cf says of the installation. */
function checked(files: Files, version: string): string {
  const settings = effective({ main: parseMain(files['main.cf'] ?? ''), version });
  return JSON.stringify(installation.map((name) => settings.get(name)?.value ?? null));
}

/** The parameters that `postfix check` and the programs that it calls look at. */
const installation = [
  'alternate_config_directories',
  'command_directory',
  'config_directory',
  'daemon_directory',
  'data_directory',
  'hash_queue_depth',
  'hash_queue_names',
  'html_directory',
  'mail_owner',
  'mail_version',
  'maillog_file',
  'mailq_path',
  'manpage_directory',
  'meta_directory',
  'multi_instance_directories',
  'multi_instance_enable',
  'multi_instance_name',
  'multi_instance_wrapper',
  'newaliases_path',
  'queue_directory',
  'readme_directory',
  'sample_directory',
  'sendmail_path',
  'setgid_group',
  'shlib_directory',
];
