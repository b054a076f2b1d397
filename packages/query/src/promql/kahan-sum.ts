/** A running sum that keeps what rounding loses (Kahan's method as improved by Neumaier). */
export class KahanSum {
  sum: number;
  compensation = 0;

  constructor(start = 0) {
    this.sum = start;
  }

  add(value: number): void {
    const next = this.sum + value;
    if (!Number.isFinite(next)) this.compensation = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += this.sum - next + value;
    else this.compensation += value - next + this.sum;
    this.sum = next;
  }

  get total(): number {
    return Number.isFinite(this.sum) ? this.sum + this.compensation : this.sum;
  }
}

/** Many such sums side by side, in columns. */
export class KahanSums {
  readonly #sums: Float64Array;
  readonly #compensations: Float64Array;

  constructor(count: number) {
    this.#sums = new Float64Array(count);
    this.#compensations = new Float64Array(count);
  }

  add(index: number, value: number): void {
    const sum = this.#sums[index]!;
    const next = sum + value;
    if (next - next !== 0) this.#compensations[index] = 0;
    else this.#compensations[index]! += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    this.#sums[index] = next;
  }

  writeTo(totals: Float64Array): void {
    for (let i = 0; i < totals.length; i++) {
      const sum = this.#sums[i]!;
      totals[i] = Number.isFinite(sum) ? sum + this.#compensations[i]! : sum;
    }
  }
}

/** A mean that stays exact where the plain sum of its values would overflow. */
export class KahanMean {
  #sum = new KahanSum();
  #count = 0;
  #isIncremental = false;

  add(value: number): void {
    this.#count++;
    if (this.#count === 1) {
      this.#sum = new KahanSum(value);
      return;
    }
    if (!this.#isIncremental) {
      const { sum, compensation } = this.#sum;
      this.#sum.add(value);
      if (Math.abs(this.#sum.sum) !== Infinity) return;
      this.#isIncremental = true;
      this.#sum = scaled(sum, compensation, 1 / (this.#count - 1), this.#count - 1);
    }
    const kept = (this.#count - 1) / this.#count;
    this.#sum = scaled(this.#sum.sum, this.#sum.compensation, kept);
    this.#sum.add(value / this.#count);
  }

  get mean(): number {
    if (this.#isIncremental) return this.#sum.sum + this.#sum.compensation;
    return this.#sum.sum / this.#count + this.#sum.compensation / this.#count;
  }
}

function scaled(sum: number, compensation: number, factor: number, divisor?: number): KahanSum {
  const result = new KahanSum(divisor === undefined ? sum * factor : sum / divisor);
  result.compensation = divisor === undefined ? compensation * factor : compensation / divisor;
  return result;
}
