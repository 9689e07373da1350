import type { Scope } from '../subject/subject.ts';

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

/** What the client side does with TLS. */
export function clientTlsPolicy(scope: Scope): 'off' | 'on' {
  const level = scope.setting('smtp_tls_security_level').value.toLowerCase();
  if (level !== '') return level === 'none' ? 'off' : 'on';
  return scope.isOn('smtp_enforce_tls') || scope.isOn('smtp_use_tls') ? 'on' : 'off';
}
