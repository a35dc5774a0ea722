import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Base64Stream } from './base64-stream.ts';

test('messages come out whole, however they were cut and padded', () => {
  const cutAt = fc.array(fc.nat(400), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 5 }), cutAt, (messages, cuts) => {
      const text = messages.map((message) => `${Buffer.from(message).toString('base64')}`).join('');
      const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const stream = new Base64Stream();
      const out = places.slice(1).map((end, i) => stream.push(Buffer.from(text.slice(places[i], end))));
      expect(Buffer.concat(out)).toEqual(Buffer.concat(messages));
    }),
  );
});

test('line ends and blanks between do not matter', () => {
  const stream = new Base64Stream();
  expect(stream.push(Buffer.from('T1BU\r\nSU9OUw==\r\n')).toString()).toBe('OPTIONS');
});
