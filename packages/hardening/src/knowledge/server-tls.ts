import type { Scope, Subject } from '../subject/subject.ts';

/** What a server does with TLS; smtpd_tls_security_level counts before the parameters that it replaced. */
export function tlsPolicy(server: Scope): 'off' | 'offered' | 'required' {
  if (server.isOn('smtpd_tls_wrappermode')) return 'required';
  const level = server.setting('smtpd_tls_security_level').value.toLowerCase();
  if (level === 'encrypt') return 'required';
  if (level === 'may') return 'offered';
  if (level !== '') return 'off';
  if (server.isOn('smtpd_enforce_tls')) return 'required';
  return server.isOn('smtpd_use_tls') ? 'offered' : 'off';
}

/** Where a server's certificate is configured, if it is. `none` is the word for a server without one. */
export function certificateOf(server: Scope): string | undefined {
  const names = [
    'smtpd_tls_chain_files',
    'smtpd_tls_cert_file',
    'smtpd_tls_eccert_file',
    'smtpd_tls_dcert_file',
  ];
  return names
    .map((name) => server.setting(name).value)
    .find((value) => value !== '' && value.toLowerCase() !== 'none');
}

/** What the client side does with TLS where no table says otherwise. */
export function clientTlsPolicy(scope: Scope): 'off' | 'offered' | 'required' {
  const level = scope.setting('smtp_tls_security_level').value.toLowerCase();
  if (level !== '') return ofLevel(level);
  if (scope.isOn('smtp_enforce_tls')) return 'required';
  return scope.isOn('smtp_use_tls') ? 'offered' : 'off';
}

/** Whether some mail goes out over TLS or not at all: by main.cf, a table of destinations, or a transport. */
export function someTlsRequired(subject: Subject): boolean {
  const { main } = subject;
  const tables = ['smtp_tls_policy_maps', 'smtp_tls_per_site'];
  return (
    clientTlsPolicy(main) === 'required' ||
    tables.some((name) => main.setting(name).value.trim() !== '') ||
    subject
      .writtenSettings()
      .some(
        ({ name, value }) =>
          name === 'smtp_tls_security_level' && ofLevel(value.toLowerCase()) === 'required',
      )
  );
}

function ofLevel(level: string): 'off' | 'offered' | 'required' {
  if (level === '' || level === 'none') return 'off';
  return level === 'may' ? 'offered' : 'required';
}
