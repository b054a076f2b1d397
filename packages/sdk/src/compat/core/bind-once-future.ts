/** A function that runs once, however often it is called; each call gets the outcome of the first. */
export class BindOnceFuture<
  Result,
  This = unknown,
  Task extends (this: This, ...args: never[]) => Result | Promise<Result> = () => Result | Promise<Result>,
> {
  readonly #task: Task;
  readonly #that: This;
  readonly promise: Promise<Result>;
  #settle: ((outcome: Promise<Result>) => void) | undefined;

  constructor(task: Task, that: This) {
    this.#task = task;
    this.#that = that;
    this.promise = new Promise((resolve) => (this.#settle = resolve));
  }

  get isCalled(): boolean {
    return this.#settle === undefined;
  }

  call(...args: Parameters<Task>): Promise<Result> {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(this.#run(args));
    return this.promise;
  }

  async #run(args: Parameters<Task>): Promise<Result> {
    return Reflect.apply(this.#task, this.#that, args);
  }
}
