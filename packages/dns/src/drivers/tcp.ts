import { connect } from 'node:net';
import type { Codec } from '../wire/message.ts';
import { streamTransport } from './stream.ts';
import type { Transport } from './transport.ts';

export interface TcpOptions {
  readonly server: string;
  readonly host: string;
  readonly port: number;
  /** How long one attempt may take, connecting included, in ms. */
  readonly timeout: number;
  readonly codec: Codec;
}

/** DNS by TCP (RFC 7766). */
export function tcpTransport({ host, port, ...options }: TcpOptions): Transport {
  return streamTransport({
    ...options,
    connect(ready) {
      const socket = connect({ host, port, noDelay: true });
      socket.unref();
      return socket.once('connect', ready);
    },
  });
}
