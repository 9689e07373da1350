import { describe, expect, it } from 'vitest';
import { isGenericName } from '../src/host/generic-name.ts';

describe('a reverse name', () => {
  it.each([
    ['192.0.2.10', '192-0-2-10.pool.provider.example'],
    ['192.0.2.10', 'ip-10-2-0-192.provider.example'],
    ['192.0.2.10', 'static.10.2.0.192.clients.provider.example'],
    ['192.0.2.10', 'ec2-192-0-2-10.eu-central-1.compute.amazonaws.com'],
    ['192.0.2.10', 'c000020a.provider.example'],
    ['192.0.2.10', '192000002010.provider.example'],
    ['192.0.2.10', 'h3221225994.provider.example'],
    ['192.0.2.10', 'host-2-10.provider.example'],
    ['192.0.2.10', 'vps12345.provider.example'],
    ['192.0.2.10', 'dyn7.customer.provider.example'],
    ['192.0.2.10', 'adsl-104.provider.example'],
    ['192.0.2.10', 'cable.pool3.provider.example'],
    ['2001:db8:1:2:a:b:c:d', '2001-db8-1-2-a-b-c-d.provider.example'],
    ['2001:db8::25', '5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.provider.example'],
    ['2001:db8:0:1:5054:ff:fe12:3456', 'x-505400fffe123456.provider.example'],
  ])('of %s is generic: %s', (address, name) => {
    expect(isGenericName(name, address)).toBe(true);
  });

  it.each([
    ['192.0.2.10', 'mail.example.com'],
    ['192.0.2.10', 'mx10.example.com'],
    ['192.0.2.10', 'mail-wr1-f45.google.com'],
    ['54.240.8.29', 'a8-29.smtp-out.amazonses.com'],
    ['192.0.2.10', 'server12.example.com'],
    ['192.0.2.10', 'host.example.com'],
    ['192.0.2.10', 'static.example.com'],
    ['192.0.2.10', 'mta-200-10.sparkpostmail.com'],
    ['192.0.2.10', 'out5-smtp.messagingengine.com'],
    ['192.0.2.10', 'mail-am0eur02on2045.outbound.protection.outlook.com'],
    ['192.0.2.10', 'o1.ptr1234.example.com'],
    ['192.0.2.10', 'dynamics.example.com'],
    ['192.0.2.10', 'pool.example.com'],
    ['192.0.2.10', 'swimming-pool.example.com'],
    ['2001:db8::25', 'mx25.db8.example'],
    ['2001:db8::1', 'mail1.example.com'],
  ])('of %s is a host’s own: %s', (address, name) => {
    expect(isGenericName(name, address)).toBe(false);
  });
});
