import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { certificateTypes, parseHostCertificate, type HostCertificate } from './host-certificate.ts';
import { WireReader, wireString } from './wire.ts';

/**
 * Asks an sshd for its certificate, which ssh2 cannot: it knows host keys alone. A handshake of its own goes as far as
 * the server's key and no further; nothing of ours is in it but random numbers.
 *
 *     SSH-2.0-…   KEXINIT   ECDH_INIT  →  ECDH_REPLY: the certificate, …
 *
 * What comes back proves nothing by itself. The authority's signature says that the plain key in it is the host's, and
 * the connection that is used afterwards proves that the host has that key.
 *
 * @returns undefined when it has none, or does not answer in time
 */
export async function askCertificate(socket: Duplex, timeout: number): Promise<HostCertificate | undefined> {
  try {
    const blob = await converse(socket, timeout);
    return blob && parseHostCertificate(blob);
  } finally {
    socket.destroy();
  }
}

const keyExchanges = ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'] as const;
const message = { init: 20, ecdhInit: 30, ecdhReply: 31, ignore: 2, debug: 4 } as const;

function converse(socket: Duplex, timeout: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let greeted = false;
    const timer = setTimeout(() => resolve(undefined), timeout);
    const end = (blob?: Buffer): void => {
      clearTimeout(timer);
      resolve(blob);
    };
    socket.on('error', () => end());
    socket.on('close', () => end());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > longestConversation) return end();
      try {
        if (!greeted) {
          const line = /^(?:(?!SSH-)[^\n]*\n)*SSH-2\.0-[^\n]*\n/.exec(received.toString('latin1'))?.[0];
          if (line === undefined) return;
          greeted = true;
          received = received.subarray(line.length);
        }
        for (let payload = takePacket(); payload; payload = takePacket()) {
          if (payload[0] === message.init) socket.write(packet(ownPart(payload)));
          else if (payload[0] === message.ecdhReply) return end(new WireReader(payload.subarray(1)).string());
          else if (payload[0] !== message.ignore && payload[0] !== message.debug) return end();
        }
      } catch {
        end(); // What does not read like SSH is no certificate.
      }
    });
    const takePacket = (): Buffer | undefined => {
      if (received.length < 4) return undefined;
      const length = received.readUInt32BE(0);
      if (length > longestConversation) throw new RangeError('no packet is so long');
      if (received.length < 4 + length) return undefined;
      const payload = received.subarray(5, 4 + length - received[4]!);
      received = received.subarray(4 + length);
      return payload;
    };
    socket.write('SSH-2.0-postern\r\n');
    socket.write(packet(proposal()));
  });
}

/** More than any honest server sends before its key. */
const longestConversation = 256 * 1024;

function proposal(): Buffer {
  const ciphers = 'aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr';
  const macs = 'hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512';
  const lists = [
    keyExchanges.join(','),
    certificateTypes.join(','),
    ciphers,
    ciphers,
    macs,
    macs,
    'none',
    'none',
  ];
  return Buffer.concat([
    Buffer.from([message.init]),
    randomBytes(16),
    ...[...lists, '', ''].map((list) => wireString(list)),
    Buffer.alloc(5),
  ]);
}

/** Our half of the key exchange that both sides know; nobody keeps the other half. */
function ownPart(theirs: Buffer): Buffer {
  const reader = new WireReader(theirs);
  reader.skip(17);
  const offered = new Set(reader.string().toString('latin1').split(','));
  const chosen = keyExchanges.find((name) => offered.has(name));
  const half =
    chosen === 'ecdh-sha2-nistp256'
      ? createECDH('prime256v1').generateKeys()
      : generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return Buffer.concat([Buffer.from([message.ecdhInit]), wireString(half)]);
}

/** A packet of the time before there are keys: length, padding to a multiple of eight. */
function packet(payload: Buffer): Buffer {
  // At least four bytes of it.
  const padding = 4 + ((8 - ((payload.length + 9) % 8)) % 8);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding);
  head[4] = padding;
  return Buffer.concat([head, payload, randomBytes(padding)]);
}
