const NOT_BASE64 = /[^A-Za-z0-9+/=]/g;
/** Where padding ends and the next message begins: Buffer.from would stop at the padding. */
const MESSAGE_ENDS = /(?<==)(?=[^=])/;

/**
 * What comes in on a tunnel's POST: base64 in pieces of any length, each message padded for itself, with or without line ends between.
 */
export class Base64Stream {
  #pending = '';

  /** The bytes that are complete. */
  push(chunk: Buffer): Buffer {
    const text = this.#pending + chunk.toString('latin1').replace(NOT_BASE64, '');
    const completeChars = text.length - (text.length % 4);
    this.#pending = text.slice(completeChars);
    const messages = text.slice(0, completeChars).split(MESSAGE_ENDS);
    return Buffer.concat(messages.map((message) => Buffer.from(message, 'base64')));
  }
}
