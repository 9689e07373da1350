import { fixtureResolver, type Answer, type RecordType, type Resolver, type Zones } from '@postern/dns';

/** A resolver whose zones a test changes, that writes down what it was asked and answers with a promise, as a server would. */
export interface MutableResolver extends Resolver {
  become(zones: Zones): void;
  readonly asked: string[];
}

export function mutableResolver(zones: Zones): MutableResolver {
  let inner = fixtureResolver(zones);
  const asked: string[] = [];
  return {
    asked,
    become(next) {
      inner = fixtureResolver(next);
    },
    async resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>> {
      asked.push(`${name} ${type}`);
      return inner.resolve(name, type);
    },
  };
}

/** A well-kept list: what it holds by address, its test point, and a reason for everything. */
export function listOf(zone: string, entries: Readonly<Record<string, string | readonly string[]>>): Zones {
  const reversed = (address: string): string => address.split('.').toReversed().join('.');
  return Object.fromEntries(
    Object.entries({ '127.0.0.2': '127.0.0.2', ...entries }).map(([address, codes]) => [
      `${reversed(address)}.${zone}`,
      { A: [codes].flat(), TXT: [[`see https://${zone}/?ip=${address}`]] },
    ]),
  );
}
