/**
 * Decoder of G.726 (ITU-T G.726, 12/1990): ADPCM of 2 to 5 bits a sample at 8 kHz, to 16-bit linear samples as in Annex A. The names of
 * the state are those of the recommendation, so that each line can be compared with the block that it stands for.
 *
 *   code ─▶ RECONST, ADDA, ANTILOG ─▶ difference ─┬─▶ ADDB ─▶ sample
 *                 ▲ scale                         │     ▲ estimate
 *                 └─ FILTD, FILTE, MIX ◀──────────┴─ six zeros, two poles
 */
export type G726CodeBits = 2 | 3 | 4 | 5;

/** Tables 7 to 10 and 13 to 18: logarithm of the difference, multiplier of the scale and of the speed, by magnitude of the code. */
interface RateTables {
  readonly dqln: readonly number[];
  readonly w: readonly number[];
  readonly f: readonly number[];
}

/** Stands for a difference of nothing: no scale lifts it above zero. */
const NONE = -2048;

const TABLES: Readonly<Record<G726CodeBits, RateTables>> = {
  2: { dqln: [116, 365], w: [-22, 439], f: [0, 7] },
  3: { dqln: [NONE, 135, 273, 373], w: [-4, 30, 137, 582], f: [0, 1, 2, 7] },
  4: {
    dqln: [NONE, 4, 135, 213, 273, 323, 373, 425],
    w: [-12, 18, 41, 64, 112, 198, 355, 1122],
    f: [0, 0, 0, 1, 1, 1, 3, 7],
  },
  5: {
    dqln: [NONE, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566],
    w: [14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696],
    f: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6],
  },
};

/** A value in the floating form of FLOATA and FLOATB: sign, exponent and mantissa of six bits in one number. */
const ZERO_FLOAT = 32;

export class G726Decoder {
  readonly #signBit: number;
  readonly #mask: number;
  readonly #tables: RateTables;
  /** At 40 kbit/s the zeros forget half as fast (UPB). */
  readonly #zeroLeak: number;

  /** Differences (DQ1 to DQ6) and coefficients (B1 to B6) of the zeros, the newest first. */
  readonly #dq = new Int32Array(6);
  readonly #b = new Int32Array(6);
  #sr1 = 0;
  #sr2 = 0;
  #a1 = 0;
  #a2 = 0;
  /** Signs of the last two differences without the poles' share. */
  #pk1 = 0;
  #pk2 = 0;
  #yu = 0;
  #yl = 0;
  #dms = 0;
  #dml = 0;
  #ap = 0;
  #td = 0;

  constructor(bits: G726CodeBits) {
    this.#signBit = 1 << (bits - 1);
    this.#mask = this.#signBit - 1;
    this.#tables = TABLES[bits];
    this.#zeroLeak = bits === 5 ? 9 : 8;
    this.reset();
  }

  /** The state that an encoder starts with (table 19 of the recommendation). */
  reset(): void {
    this.#dq.fill(ZERO_FLOAT);
    this.#b.fill(0);
    this.#sr1 = this.#sr2 = ZERO_FLOAT;
    this.#a1 = this.#a2 = 0;
    this.#pk1 = this.#pk2 = 0;
    this.#yu = 544;
    this.#yl = 34_816;
    this.#dms = this.#dml = this.#ap = this.#td = 0;
  }

  /** The next sample of 16 bits. */
  decode(code: number): number {
    const dq = this.#dq;
    const b = this.#b;
    let sum = 0;
    for (let i = 0; i < 6; i++) sum += product(b[i]!, dq[i]!);
    const sez = int16(sum) >> 1;
    const se = int16(sum + product(this.#a1, this.#sr1) + product(this.#a2, this.#sr2)) >> 1;

    const isNegative = (code & this.#signBit) !== 0;
    const magnitude = isNegative ? ~code & this.#mask : code & this.#mask;
    const y = this.#scale();
    const difference = antilog(this.#tables.dqln[magnitude]! + (y >> 2));
    const signed = isNegative ? -difference : difference;
    const sr = int16(signed + se);

    const isTransition = this.#isTransition(difference);
    this.#adaptPredictor(signed, isNegative, sez, isTransition);
    this.#sr2 = this.#sr1;
    this.#sr1 = float(Math.abs(sr), sr < 0);
    this.#adaptScale(magnitude, y, isTransition);
    return sr > 8191 ? 32_764 : sr < -8192 ? -32_768 : sr * 4;
  }

  /** LIMA, MIX. */
  #scale(): number {
    const al = this.#ap >= 256 ? 64 : this.#ap >> 2;
    const slow = this.#yl >> 6;
    const apart = this.#yu - slow;
    return slow + (apart < 0 ? -((-apart * al) >> 6) : (apart * al) >> 6);
  }

  /** TRANS: a tone of a modem ended, and the predictor has to begin anew. */
  #isTransition(difference: number): boolean {
    if (this.#td === 0) return false;
    const whole = this.#yl >> 15;
    const threshold = whole > 9 ? 31 << 10 : (32 + ((this.#yl >> 10) & 31)) << whole;
    return difference > (threshold + (threshold >> 1)) >> 1;
  }

  #adaptPredictor(signed: number, isNegative: boolean, sez: number, isTransition: boolean): void {
    const withoutPoles = int16(signed + sez);
    const pk0 = withoutPoles < 0 ? 1 : 0;
    if (isTransition) {
      this.#a1 = this.#a2 = 0;
      this.#b.fill(0);
    } else {
      this.#adaptPoles(pk0, withoutPoles === 0);
      this.#adaptZeros(signed, isNegative);
    }
    this.#pk2 = this.#pk1;
    this.#pk1 = pk0;
    const dq = this.#dq;
    for (let i = 5; i > 0; i--) dq[i] = dq[i - 1]!;
    dq[0] = float(Math.abs(signed), isNegative);
    this.#td = this.#a2 < -11_776 ? 1 : 0; // TONE
  }

  /** UPA2, LIMC, UPA1, LIMD. */
  #adaptPoles(pk0: number, isSilent: boolean): void {
    const { a1, a2 } = { a1: this.#a1, a2: this.#a2 };
    const isSameAsLast = pk0 === this.#pk1;
    let gain2 = 0;
    let gain1 = 0;
    if (!isSilent) {
      const clipped = Math.max(-8191, Math.min(8191, a1)) * 4;
      gain2 = ((pk0 === this.#pk2 ? 16_384 : -16_384) + (isSameAsLast ? -clipped : clipped)) >> 7;
      gain1 = isSameAsLast ? 192 : -192;
    }
    const next2 = a2 + gain2 - (a2 >> 7);
    this.#a2 = Math.max(-12_288, Math.min(12_288, next2));
    const limit1 = 15_360 - this.#a2;
    this.#a1 = Math.max(-limit1, Math.min(limit1, a1 + gain1 - (a1 >> 8)));
  }

  /** XOR, UPB. */
  #adaptZeros(signed: number, isNegative: boolean): void {
    const b = this.#b;
    const leak = this.#zeroLeak;
    for (let i = 0; i < 6; i++) {
      const isSameSign = isNegative === this.#dq[i]! < 0;
      const gain = signed === 0 ? 0 : isSameSign ? 128 : -128;
      b[i] = b[i]! + gain - (b[i]! >> leak);
    }
  }

  /** FILTD, LIMB, FILTE; FILTA, FILTB, SUBTC, FILTC, TRIGA. */
  #adaptScale(magnitude: number, y: number, isTransition: boolean): void {
    const { w, f } = this.#tables;
    this.#yu = Math.max(544, Math.min(5120, y + ((w[magnitude]! * 32 - y) >> 5)));
    this.#yl += this.#yu + (-this.#yl >> 6);
    this.#dms += ((f[magnitude]! << 9) - this.#dms) >> 5;
    this.#dml += ((f[magnitude]! << 11) - this.#dml) >> 7;
    const isChanging = y < 1536 || this.#td === 1 || Math.abs(this.#dms * 4 - this.#dml) >= this.#dml >> 3;
    this.#ap = isTransition ? 256 : this.#ap + (((isChanging ? 512 : 0) - this.#ap) >> 4);
  }
}

function int16(value: number): number {
  return (value << 16) >> 16;
}

/** ANTILOG: what a logarithm of base 2 with seven bits of fraction stands for. */
function antilog(dql: number): number {
  if (dql < 0) return 0;
  const exponent = (dql >> 7) & 15;
  return ((128 + (dql & 127)) << 7) >> (14 - exponent);
}

/**
 * FLOATA, FLOATB: six bits of mantissa and an exponent, as one number; negative values keep their sign even at nothing, which XOR
 * looks at, so they are stored as -1 - value.
 */
function float(magnitude: number, isNegative: boolean): number {
  const exponent = 32 - Math.clz32(magnitude);
  const packed = magnitude === 0 ? ZERO_FLOAT : (exponent << 6) | ((magnitude << 6) >> exponent);
  return isNegative ? -1 - packed : packed;
}

/** FMULT: a coefficient times a value in floating form. */
function product(coefficient: number, value: number): number {
  const packed = value < 0 ? -1 - value : value;
  const magnitude = coefficient < 0 ? -(coefficient >> 2) : coefficient >> 2;
  const exponent = 32 - Math.clz32(magnitude);
  const mantissa = magnitude === 0 ? 32 : (magnitude << 6) >> exponent;
  const sum = (packed >> 6) + exponent;
  const raw = ((packed & 63) * mantissa + 48) >> 4;
  const result = sum <= 26 ? (raw << 7) >> (26 - sum) : ((raw << 7) << (sum - 26)) & 32_767;
  return coefficient < 0 !== value < 0 ? -result : result;
}
