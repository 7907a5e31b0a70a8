/** Addresses as they may be shown: signed queries, passwords and fragments never reach a log or an error. */

/** `https://host/path`, whatever else the address had. */
export function redactUrl(address: string | URL): string {
  const text = String(address);
  if (!URL.canParse(text)) return text.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}

/** A proxy keeps its user name, which helps to find a wrong setting; its password goes. */
export function redactProxy({ protocol, username, host }: URL): string {
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}`;
}
