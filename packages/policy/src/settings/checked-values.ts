import { readNetworks } from '../handlers/spf/networks.ts';
import type { MapReader } from './reader.ts';

/** What a value's own reader throws is a problem of the setting. */
export function reportThrown(map: MapReader, key: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    map.report(key, error instanceof Error ? error.message : String(error));
  }
}

/** Addresses and networks. */
export function networksOf(map: MapReader, key: string): string[] | undefined {
  const texts = map.texts(key);
  reportThrown(map, key, () => readNetworks(texts ?? []));
  return texts;
}

/** The object without what is undefined: absent settings stay absent. */
export function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): {
  [K in keyof T]: Exclude<T[K], undefined>;
} {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
