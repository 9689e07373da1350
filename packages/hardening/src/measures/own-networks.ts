import { defineMeasure, type Measure } from '../profiles/profile.ts';

const loopback = ['127.0.0.0/8', '[::1]/128'];

export const ownNetworks: Measure = defineMeasure({
  id: 'own-networks',
  title: 'It is written down who the own clients are',
  why: 'What mynetworks_style makes of the interfaces changes with them; a list does not.',
  source: 'postconf(5) mynetworks; BASIC_CONFIGURATION_README',
  versions: 'all',
  plan({ main }, { networks }) {
    const setting = main.setting('mynetworks');
    if (networks) {
      const wanted = [...loopback, ...networks.map((network) => bracketed(network))].join(', ');
      return setting.raw === wanted ? {} : { edits: [setting.set(wanted)] };
    }
    if (setting.origin !== 'default') return {};
    return {
      edits: [setting.set(loopback.join(', '))],
      notes: [{ message: 'Only this host itself may relay. Input: networks' }],
    };
  },
});

/** An IPv6 network as mynetworks takes it. */
function bracketed(network: string): string {
  const [address = '', prefix] = network.split('/');
  const name = address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
  return prefix === undefined ? name : `${name}/${prefix}`;
}
