import { defineMeasure, type Measure } from '../profiles/profile.ts';

export const loopbackOnly: Measure = defineMeasure({
  id: 'loopback-only',
  title: 'Nobody outside can connect',
  why: 'A host that only sends needs no open port; what programs on it submit comes over the loopback interface.',
  source: 'STANDARD_CONFIGURATION_README, "Postfix on a null client"; postconf(5) inet_interfaces',
  versions: '>=2.2',
  plan({ main }) {
    const setting = main.setting('inet_interfaces');
    return setting.value.toLowerCase() === 'loopback-only' ? {} : { edits: [setting.set('loopback-only')] };
  },
});
