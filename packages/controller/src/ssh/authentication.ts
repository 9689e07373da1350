import { readFile } from 'node:fs/promises';
import ssh2, {
  type AnyAuthMethod,
  type AuthHandlerMiddleware,
  type NextAuthHandler,
  type ParsedKey,
  type Prompt,
} from 'ssh2';
import { ControllerError } from '../error.ts';
import { errno } from '../folder/trouble.ts';

/** Who somebody is, and how they prove it. Nothing here is ever logged or put into a message. */
export interface Credentials {
  /** Files of private keys, or keys themselves; tried in this order. By default ~/.ssh/id_ed25519, id_ecdsa and id_rsa. */
  readonly identities?: readonly (string | { readonly key: string | Uint8Array })[];
  /** An agent's socket; false for none. By default that of SSH_AUTH_SOCK. */
  readonly agent?: string | false;
  /** Asked for the passphrase of an encrypted key; undefined gives up on that key. */
  readonly passphrase?: (key: string) => string | undefined | Promise<string | undefined>;
  /** Asked for the password when the server takes one and nothing else has worked. */
  readonly password?: (who: string) => string | undefined | Promise<string | undefined>;
  /** Asked what the server asks; answers in the order of the prompts. */
  readonly keyboardInteractive?: (
    prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
    who: string,
  ) => readonly string[] | Promise<readonly string[]>;
}

/** What was tried, by names that say no secret, and what went wrong on the way. */
export interface Attempts {
  readonly handler: AuthHandlerMiddleware;
  readonly tried: string[];
  failure: ControllerError | undefined;
}

interface Attempt {
  readonly method: 'publickey' | 'keyboard-interactive' | 'password';
  readonly name: string;
  readonly make: () => Promise<AnyAuthMethod | undefined> | AnyAuthMethod | undefined;
}

/**
 * The methods to try, one after the other: agent, keys, keyboard-interactive, password. Those that the server does
 * not take are left for later: after a first factor it may take them.
 */
export function authentication(
  username: string,
  who: string,
  credentials: Credentials & { readonly identityFiles: readonly string[]; readonly agentSocket?: string },
): Attempts {
  const left = attemptsFor(username, who, credentials);
  const attempts: Attempts = {
    tried: [],
    failure: undefined,
    handler: (methods, _partial, next) => void advance(methods, next),
  };
  const advance = async (methods: readonly string[] | null, next: NextAuthHandler): Promise<void> => {
    for (;;) {
      const index = left.findIndex(({ method }) => methods === null || methods.includes(method));
      const attempt = left[index];
      if (!attempt) return next(false as never);
      left.splice(index, 1);
      try {
        const method = await attempt.make();
        if (!method) continue;
        attempts.tried.push(attempt.name);
        return next(method);
      } catch (error) {
        if (error instanceof ControllerError) attempts.failure ??= error;
        else
          attempts.failure ??= new ControllerError('authentication-failed', `${who}: ${String(error)}`, {
            cause: error,
          });
      }
    }
  };
  return attempts;
}

function attemptsFor(
  username: string,
  who: string,
  credentials: Credentials & { readonly identityFiles: readonly string[]; readonly agentSocket?: string },
): Attempt[] {
  const { identities, identityFiles, agentSocket, keyboardInteractive, password } = credentials;
  const attempts: Attempt[] = [];
  if (agentSocket !== undefined) {
    attempts.push({
      method: 'publickey',
      name: 'agent',
      make: () => ({ type: 'agent', username, agent: agentSocket }),
    });
  }
  const keys = identities ?? identityFiles;
  for (const identity of keys) {
    const name = typeof identity === 'string' ? identity : 'a given key';
    attempts.push({
      method: 'publickey',
      name: `key ${name}`,
      make: async () => {
        const key = await loadKey(identity, name, identities !== undefined, credentials.passphrase);
        return key && { type: 'publickey', username, key };
      },
    });
  }
  if (keyboardInteractive || password) {
    attempts.push({
      method: 'keyboard-interactive',
      name: 'keyboard-interactive',
      make: () => ({
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) =>
          void answer(prompts, who, credentials).then(finish, () => finish([])),
      }),
    });
  }
  if (password) {
    attempts.push({
      method: 'password',
      name: 'password',
      make: async () => {
        const secret = await password(who);
        return secret === undefined ? undefined : { type: 'password', username, password: secret };
      },
    });
  }
  return attempts;
}

/** PAM asks for the password this way: a single hidden question is taken for it where nobody answers questions. */
async function answer(prompts: readonly Prompt[], who: string, credentials: Credentials): Promise<string[]> {
  const { keyboardInteractive, password } = credentials;
  if (prompts.length === 0) return [];
  if (keyboardInteractive) {
    const questions = prompts.map(({ prompt, echo }) => ({ prompt, echo: echo ?? false }));
    return [...(await keyboardInteractive(questions, who))];
  }
  if (prompts.length > 1 || prompts[0]?.echo) return [];
  const secret = await password?.(who);
  return secret === undefined ? [] : [secret];
}

/** @returns undefined for a default key that is not there, or one whose passphrase nobody gives */
async function loadKey(
  identity: string | { readonly key: string | Uint8Array },
  name: string,
  wanted: boolean,
  ask: Credentials['passphrase'],
): Promise<ParsedKey | undefined> {
  const bytes = typeof identity === 'string' ? await readKey(identity, wanted) : Buffer.from(identity.key);
  if (!bytes) return undefined;
  const parsed = parse(bytes);
  if (!(parsed instanceof Error)) return parsed;
  if (!/passphrase/i.test(parsed.message)) {
    throw new ControllerError('unusable-key', `${name}: cannot be read as a private key: ${parsed.message}`);
  }
  const passphrase = await ask?.(name);
  if (passphrase === undefined) {
    if (!wanted) return undefined;
    throw new ControllerError(
      'unusable-key',
      `${name}: is encrypted. Give its passphrase, or add it to an agent.`,
    );
  }
  const opened = parse(bytes, passphrase);
  if (!(opened instanceof Error)) return opened;
  throw new ControllerError('unusable-key', `${name}: the passphrase does not open it.`);
}

function parse(bytes: Buffer, passphrase?: string): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(bytes, passphrase) as ParsedKey | ParsedKey[] | Error;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) return new Error('it is empty');
  if (key instanceof Error) return key;
  return key.isPrivateKey() ? key : new Error('it is a public key');
}

async function readKey(file: string, wanted: boolean): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!wanted && errno(error) === 'ENOENT') return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ControllerError('unusable-key', `${file}: cannot be read: ${reason}`, { cause: error });
  }
}
