/** What is wrong with the address of a camera, in words for who typed it, or undefined. */
export function cameraAddressProblem(url: string): string | undefined {
  if (hasControlCharacter(url))
    return 'the address of the camera is not one: it holds a line break or another control character';
  if (!URL.canParse(url))
    return `"${withoutCredentials(url)}" is not an address, expected one such as rtsp://192.168.1.20/stream1`;
  const { protocol, hostname, username, password } = new URL(url);
  if (protocol !== 'rtsp:' && protocol !== 'rtsps:') {
    return `"${withoutCredentials(url)}" is not RTSP (it begins with ${protocol}//), expected one such as rtsp://192.168.1.20/stream1`;
  }
  if (hostname === '') return `"${withoutCredentials(url)}" names no host`;
  if (username !== '' || password !== '') {
    return `"${withoutCredentials(url)}" carries a user name or password, which belong into fields of their own`;
  }
  return undefined;
}

/** Whether everything between camera and recorder is encrypted. */
export function isEncryptedAddress(url: string): boolean {
  return /^rtsps:/i.test(url);
}

/** Takes `rtsp://user:secret@host/path` apart, as camera makers print it. An address that is none comes back as it is. */
export function splitCameraAddress(url: string): { url: string; username?: string; password?: string } {
  const match = /^(rtsps?:\/\/)([^/?#]*)@([^@/?#]+.*)$/i.exec(url.trim());
  if (!match) return { url: url.trim() };
  // Up to the first colon is the user name; a password may hold further colons, and some write it without percent-encoding.
  const [, scheme, credentials, rest] = match;
  const colon = credentials!.indexOf(':');
  const username = colon < 0 ? credentials! : credentials!.slice(0, colon);
  const password = colon < 0 ? '' : credentials!.slice(colon + 1);
  return { url: `${scheme}${rest}`, username: decode(username), password: decode(password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a plain % in it: was not encoded
  }
}

/** For messages: a password that somebody put into an address must not get into a log. */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:)?\/*[^/?#]*@/i, '$1//…@');
}

/** Would end the line of a request to the camera. */
function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}
