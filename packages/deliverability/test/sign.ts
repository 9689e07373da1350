import { dkimSign } from 'mailauth';

/** A signature as mailauth makes it. */
export interface Signing {
  readonly signingDomain?: string;
  readonly selector?: string;
  /** PEM. */
  readonly privateKey: string;
  readonly algorithm?: 'rsa-sha256' | 'ed25519-sha256';
  /** Signs only so many bytes of the body (`l=`). */
  readonly maxBodyLength?: number;
  readonly signTime?: Date;
  readonly expires?: Date;
}

/** The message with a DKIM-Signature field of example.com by mailauth before it. */
export async function sign(
  message: string,
  { signingDomain = 'example.com', selector = 's', privateKey, algorithm = 'rsa-sha256', ...more }: Signing,
): Promise<string> {
  const own = { signingDomain, selector, privateKey };
  const { signatures } = await dkimSign(message, {
    ...own,
    algorithm,
    ...more,
    signatureData: [{ ...own, ...more }],
  });
  return signatures + message;
}
