import { connect } from 'node:tls';
import { streamTransport } from './stream.ts';
import type { TcpOptions } from './tcp.ts';
import type { Transport } from './transport.ts';

export interface TlsOptions extends TcpOptions {
  /** The name or address that the certificate must be for. */
  readonly certificateName: string;
  /** Authorities to trust instead of the system's, in PEM. */
  readonly ca: string | undefined;
}

/** DNS over TLS (RFC 7858) with the strict profile of RFC 8310: without a good certificate there is no answer. */
export function tlsTransport({ host, port, certificateName, ca, ...options }: TlsOptions): Transport {
  return streamTransport({
    ...options,
    connect(ready) {
      const isAddress = certificateName.includes(':') || /^[\d.]+$/.test(certificateName);
      const socket = connect({
        host,
        port,
        ALPNProtocols: ['dot'],
        minVersion: 'TLSv1.2',
        // An address has no place in SNI; Node then holds the certificate against `host`.
        ...(isAddress ? {} : { servername: certificateName }),
        ...(ca === undefined ? {} : { ca }),
      });
      socket.unref();
      socket.setNoDelay(true);
      return socket.once('secureConnect', ready);
    },
  });
}
