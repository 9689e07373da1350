/** `smtp/inet/name` taken apart; undefined for a parameter of main.cf. */
export function splitOverrideName(
  name: string,
): { readonly service: string; readonly type: string; readonly option: string } | undefined {
  const [service = '', type = '', ...rest] = name.split('/');
  return rest.length > 0 && rest[0] !== '' ? { service, type, option: rest.join('/') } : undefined;
}
