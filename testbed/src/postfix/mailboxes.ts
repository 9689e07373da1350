import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../lab/lab.ts';

/** A message in a mailbox. */
export interface DeliveredMail {
  /** The user's name, or the path below the mail spool: `kari`, `yourdomain.no/kari`. */
  readonly mailbox: string;
  /** Header and body with the envelope headers that delivery adds (Return-Path, Delivered-To). */
  readonly text: string;
}

/** Every message in /var/mail and /home, in mbox files and Maildirs. */
export function readMailboxes(lab: Lab): DeliveredMail[] {
  return [...below(lab.path('/var/spool/mail')), ...below(lab.path('/home'))];
}

function below(root: string): DeliveredMail[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const text = readFileSync(path, 'latin1');
      const name = path.slice(root.length + 1);
      const maildir = /^(.*?)\/?(?:Maildir\/)?new\/[^/]+$/.exec(name);
      if (maildir) return [{ mailbox: maildir[1]!, text }];
      // An mbox: `From sender date` before each message, `>From` where a line of the message begins like that.
      if (!text.startsWith('From ')) return [];
      return text
        .split(/^From .*\n/m)
        .slice(1)
        .map((message) => ({ mailbox: name, text: message.replace(/^>From /gm, 'From ') }));
    });
}
