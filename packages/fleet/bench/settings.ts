/** Twenty settings after the guide; the last makes each round another change. */
export function settings(round: string): Readonly<Record<string, string>> {
  return {
    smtpd_delay_reject: 'yes',
    smtpd_helo_required: 'yes',
    smtpd_helo_restrictions:
      'permit_mynetworks, permit_sasl_authenticated, reject_non_fqdn_helo_hostname, reject_invalid_helo_hostname',
    smtpd_sender_restrictions:
      'permit_mynetworks, permit_sasl_authenticated, reject_non_fqdn_sender, reject_unknown_sender_domain',
    smtpd_relay_restrictions: 'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination',
    smtpd_recipient_restrictions:
      'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, reject_non_fqdn_recipient',
    smtpd_data_restrictions: 'reject_unauth_pipelining',
    disable_vrfy_command: 'yes',
    smtpd_forbid_unauth_pipelining: 'yes',
    smtpd_tls_auth_only: 'yes',
    smtp_tls_security_level: 'may',
    smtpd_tls_protocols: '>=TLSv1.2',
    smtp_tls_protocols: '>=TLSv1.2',
    default_process_limit: '200',
    queue_run_delay: '300s',
    minimal_backoff_time: '300s',
    maximal_backoff_time: '4000s',
    smtpd_client_connection_rate_limit: '120',
    smtpd_client_message_rate_limit: '300',
    smtpd_banner: `$myhostname ESMTP ${round}`,
  };
}
