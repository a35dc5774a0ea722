/** First in, first out, limited by the weight of its items. `push` says no instead of growing: the caller decides what is lost. */
export class BoundedQueue<T> {
  readonly #maxWeight: number;
  readonly #weigh: (item: T) => number;
  #items: (T | undefined)[] = [];
  #head = 0;
  #weight = 0;

  constructor(options: { maxWeight: number; weigh: (item: T) => number }) {
    this.#maxWeight = options.maxWeight;
    this.#weigh = options.weigh;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  get weight(): number {
    return this.#weight;
  }

  /** False when the item does not fit. An item heavier than the whole queue is taken when the queue is empty, so nothing is stuck. */
  push(item: T): boolean {
    const weight = this.#weigh(item);
    if (this.length > 0 && this.#weight + weight > this.#maxWeight) return false;
    this.#items.push(item);
    this.#weight += weight;
    return true;
  }

  /** The item that is `index` places behind the first. */
  peek(index = 0): T | undefined {
    return this.#items[this.#head + index];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head++] = undefined; // nothing that has left stays in memory: an item may be megabytes of media
    this.#weight -= this.#weigh(item);
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): T[] {
    const rest = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    this.#weight = 0;
    return rest;
  }
}
