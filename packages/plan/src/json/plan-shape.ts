import type { Service, ServiceType } from '@postern/config';
import type { Change, Reason } from '../change.ts';
import { refusePath } from '../path.ts';
import type { Plan } from '../plan.ts';
import {
  checkedText,
  count,
  flag,
  list,
  object,
  oneOf,
  optional,
  orNull,
  text,
  variant,
  type Shape,
} from './shape.ts';

const parameterName = text({
  pattern: /^[^\s=#\0]+$/,
  words: 'a parameter name: no white space, `=`, `#` or NUL',
});
const serviceName = text({ pattern: /^[^\s#\0]\S*$/, words: 'a service name: no white space' });
const word = text({ pattern: /^[^\s\0]+$/, words: 'one word' });
const valueText = checkedText((value) => {
  if (value.includes('\0')) return 'must have no NUL byte in it';
  return /\n(?![ \t\v\f\r])/.test(value)
    ? 'must have white space at the start of each line after the first'
    : undefined;
});
const lineText = text({ pattern: /^[^\n\0]*$/, words: 'one line without a NUL byte' });
const path = checkedText((value) => {
  const objection = refusePath(value);
  return objection && `is a path that ${objection}`;
});
const serviceType = oneOf<ServiceType>('inet', 'unix', 'fifo', 'pass', 'unix-dgram');

const reason = object<Reason>({ why: text(), source: text(), versions: text() });
const explained = { because: reason, also: optional(list(reason, 100)) };

const service = object<Service>({
  name: serviceName,
  type: serviceType,
  private: optional(flag()),
  unprivileged: optional(flag()),
  chroot: optional(flag()),
  wakeup: optional(object<NonNullable<Service['wakeup']>>({ seconds: count(), ifUsed: flag() })),
  maxproc: optional(count()),
  command: word,
  options: list(object<Service['options'][number]>({ name: parameterName, value: lineText }), 1000),
  arguments: list(lineText, 1000),
});

const shapes: { readonly [T in Change['type']]: Shape<Extract<Change, { type: T }>> } = {
  'set-parameter': object({
    type: oneOf('set-parameter'),
    name: parameterName,
    value: valueText,
    ...explained,
  }),
  'remove-parameter': object({ type: oneOf('remove-parameter'), name: parameterName, ...explained }),
  'put-service': object({ type: oneOf('put-service'), service, ...explained }),
  'remove-service': object({ type: oneOf('remove-service'), name: serviceName, serviceType, ...explained }),
  'set-service-option': object({
    type: oneOf('set-service-option'),
    name: serviceName,
    serviceType,
    option: parameterName,
    value: orNull(lineText),
    ...explained,
  }),
  'put-file': object({
    type: oneOf('put-file'),
    path,
    content: text(),
    mode: optional(count(0o7777)),
    owner: optional(word),
    group: optional(word),
    ...explained,
  }),
  'remove-file': object({ type: oneOf('remove-file'), path, ...explained }),
  'set-sysctl': object({
    type: oneOf('set-sysctl'),
    key: text({
      pattern: /^[a-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/,
      words: 'a dotted kernel setting such as net.core.somaxconn',
    }),
    value: text({ pattern: /^[\w .\t:/+-]+$/, words: 'words and numbers' }),
    ...explained,
  }),
  'install-package': object({
    type: oneOf('install-package'),
    name: object<{ debian?: string; redhat?: string }>({
      debian: optional(packageName()),
      redhat: optional(packageName()),
    }),
    ...explained,
  }),
  'postfix-action': object({
    type: oneOf('postfix-action'),
    action: oneOf('reload', 'restart', 'postmap', 'newaliases'),
    table: optional(
      text({ pattern: /^[a-z]+:[^\s\0]+$/, words: 'a table such as lmdb:/etc/postfix/transport' }),
    ),
    ...explained,
  }),
};

export const planShape: Shape<Plan> = object<Plan>({
  target: object<Plan['target']>({
    name: text(),
    postfix: text({ pattern: /^\d+(\.\d+)+([-.]\w+)*$/, words: 'a Postfix version such as 3.7.11' }),
  }),
  changes: list(variant<Change>('type', shapes)),
  checks: list(object<Plan['checks'][number]>({ id: word, description: text() })),
});

function packageName(): Shape<string> {
  return text({ pattern: /^[A-Za-z0-9][A-Za-z0-9.+_-]*$/, words: 'a package name' });
}
