/** Whether a peer as Postfix logs it, `host[192.0.2.1]`, is this machine itself. */
export function isLoopback(peer: string): boolean {
  return /\[(?:127\.\d+\.\d+\.\d+|::1)\]/.test(peer);
}
