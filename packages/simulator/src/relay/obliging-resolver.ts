import type { Answer, RecordType, Resolver } from '@postern/dns';

/** A domain that a stranger keeps in perfect order, so that no DNS check stands in the way of the proof. */
export const strangersDomain = 'relay-proof.example';

const records: Partial<Record<RecordType, readonly unknown[]>> = {
  A: ['198.51.100.77'],
  AAAA: ['2001:db8:77::1'],
  NS: [`ns.${strangersDomain}`],
  MX: [{ preference: 10, exchange: `mx.${strangersDomain}` }],
};

/** The DNS as the strangers would like it: their names are there, and no list has them. */
export const obligingResolver: Resolver = {
  resolve<T extends RecordType>(name: string, type: T): Answer<T> {
    const found = name.toLowerCase().endsWith(strangersDomain) ? records[type] : undefined;
    // What the table above holds under T is records of T.
    return found
      ? ({ status: 'found', records: found, ttl: 60 } as Answer<T>)
      : { status: 'nxdomain', ttl: 60 };
  },
};
