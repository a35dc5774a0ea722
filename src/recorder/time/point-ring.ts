/** A straight line through points, by least squares. */
export interface Line {
  readonly slope: number;
  /** From the oldest point to the newest. */
  readonly span: number;
  /** How far the worst point lies from the line. */
  readonly worst: number;
}

/** The newest points of a measurement over time. Fixed memory. */
export class PointRing {
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  #pushed = 0;

  constructor(capacity: number) {
    this.#x = new Float64Array(capacity);
    this.#y = new Float64Array(capacity);
  }

  get count(): number {
    return Math.min(this.#pushed, this.#x.length);
  }

  push(x: number, y: number): void {
    const index = this.#pushed++ % this.#x.length;
    this.#x[index] = x;
    this.#y[index] = y;
  }

  clear(): void {
    this.#pushed = 0;
  }

  /** `back` 0 is the newest. */
  x(back: number): number {
    return this.#x[(this.#pushed - 1 - back) % this.#x.length]!;
  }

  y(back: number): number {
    return this.#y[(this.#pushed - 1 - back) % this.#y.length]!;
  }

  /** Through the newest `length` points; at least two of them. */
  line(length: number): Line {
    let [meanX, meanY] = [0, 0];
    for (let i = 0; i < length; i++) {
      meanX += this.x(i) / length;
      meanY += this.y(i) / length;
    }
    let [covariance, variance] = [0, 0];
    for (let i = 0; i < length; i++) {
      const x = this.x(i) - meanX;
      covariance += x * (this.y(i) - meanY);
      variance += x * x;
    }
    const slope = variance > 0 ? covariance / variance : 0;
    let worst = 0;
    for (let i = 0; i < length; i++) {
      worst = Math.max(worst, Math.abs(this.y(i) - meanY - slope * (this.x(i) - meanX)));
    }
    return { slope, span: this.x(0) - this.x(length - 1), worst };
  }
}
