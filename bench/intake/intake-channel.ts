import type { AccessUnit } from '../../src/media/access-unit.ts';
import { MediaReceiver } from '../../src/protocols/rtsp/media-receiver.ts';
import { StreamFramer } from '../../src/protocols/rtsp/stream-framer.ts';
import type { RecordedStream } from './recorded-stream.ts';

/** Units that the recorder's tail holds on to, about: 2 s at 25 frames a second. */
const HELD_UNITS = 50;

/** One channel's intake without its socket: bytes to frames, which are given back after a while as the recorder's tail does. */
export class IntakeChannel {
  readonly #framer: StreamFramer;
  readonly #held: (AccessUnit | undefined)[] = new Array<undefined>(HELD_UNITS).fill(undefined);
  #arrivalMs = 0;

  frames = 0;
  unitBytes = 0;

  constructor(stream: RecordedStream) {
    const receiver = new MediaReceiver({ onFormat: () => undefined, onUnit: (unit) => this.#take(unit) });
    const { codec, payloadType, parameterSets } = stream;
    receiver.addTrack({ kind: 'video', codec, parameterSets, payloadType, control: undefined }, 0, undefined);
    this.#framer = new StreamFramer({
      onFrame: (channel, bytes, start, end) => receiver.receive(channel, bytes, start, end, this.#arrivalMs),
      onMessage: () => undefined,
    });
  }

  /** `piece` is what a read of the socket would have brought. */
  receive(piece: Buffer): void {
    this.#arrivalMs++;
    this.#framer.feed(piece);
  }

  #take(unit: AccessUnit): void {
    const at = this.frames++ % HELD_UNITS;
    this.unitBytes += unit.data.length;
    this.#held[at]?.slab?.release();
    this.#held[at] = unit;
  }
}
