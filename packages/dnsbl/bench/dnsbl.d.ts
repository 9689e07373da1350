/** The part of npm dnsbl that the bench calls; the package has no types. */
declare module 'dnsbl' {
  export function batch(
    addresses: string[],
    lists: string | string[],
    options: { servers: string[]; concurrency: number; timeout: number },
  ): Promise<{ address: string; blacklist: string; listed: boolean }[]>;
}
