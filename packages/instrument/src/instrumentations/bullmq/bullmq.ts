/**
 * BullMQ: a span for each job or batch that is added, and one for each time that a job is processed.
 * BullMQ runs both through a function `trace`, which does nothing unless a `telemetry` was configured;
 * here it does what ours would do. It also keeps a string with each job, `opts.telemetry.metadata`,
 * which holds the context in the form that `bullmq-otel` writes, so that the two understand each other.
 */
import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
} from "@opentelemetry/api";
import { guarded } from "../../guarded.ts";
import type { LoadedFile, Telemetry } from "../../instrumentation.ts";
import { type MessagingCall, MessagingCalls, originOf } from "../../messaging/messaging-call.ts";
import { redisServerOf } from "./redis-server.ts";

type Method = (this: unknown, ...args: never[]) => unknown;
type Task = (span: JobSpan | undefined, metadata: string | undefined) => Promise<unknown>;
type Trace = (
  telemetry: unknown,
  kind: number,
  queue: string,
  operation: string,
  destination: string,
  task: Task,
  metadata?: string,
) => Promise<unknown>;

/** BullMQ's names for what it tells a span --> ours; everything else, such as results, is left out. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "bullmq.job.id": "messaging.message.id",
  "bullmq.job.bulk.count": "messaging.batch.message_count",
  "bullmq.job.name": "bullmq.job.name",
  "bullmq.job.attempts.made": "bullmq.job.attempts.made",
};
const ADDING: ReadonlySet<string> = new Set(["add", "addBulk", "addFlow", "addBulkFlows"]);
/** The span of the job that is being processed, in the context of its processor. */
const JOB = createContextKey("clew.instrument.bullmq.job");
/** `server.address` and `server.port` of whom the queue belongs to, in the context of a call of its. */
const SERVER = createContextKey("clew.instrument.bullmq.server");
/** Where the context stands in what is sent to a processor in a process of its own. */
const SANDBOX_KEY = "otelContext";

let calls: MessagingCalls;

export function start(telemetry: Telemetry): void {
  calls = new MessagingCalls("bullmq", telemetry);
}

export function patch(exports: never, { path }: LoadedFile): void {
  PATCHES[path.slice(path.lastIndexOf("/") + 1)]?.(exports);
}

const PATCHES: Readonly<Record<string, (exports: never) => void>> = {
  "index.js": patchTrace,
  "utils.js": patchTrace,
  "queue-base.js": patchQueueBase,
  "worker.js": patchWorker,
  "flow-producer.js": patchFlowProducer,
  "job.js": patchJob,
  "child-processor.js": patchChildProcessor,
};

function patchTrace(exports: { trace?: Trace }): void {
  const { trace } = exports;
  if (trace === undefined) throw new Error("it has no telemetry, which came with version 5.25");
  exports.trace = (telemetry, kind, queue, operation, destination, task, metadata) => {
    const run = async (): Promise<unknown> =>
      await trace(telemetry, kind, queue, operation, destination, task, metadata);
    // What the application configured itself takes precedence.
    if (telemetry !== undefined && telemetry !== null) return run();
    // A node of a flow is sent with the whole flow, which has a span: it needs the context only.
    if (operation === "addNode")
      return task(
        undefined,
        guarded("bullmq", () => metadataOf(context.active())),
      );
    const job = guarded("bullmq", () => beginJob(queue, operation, metadata));
    return job === undefined ? run() : job.run(task);
  };
}

/** Undefined for what a queue or a worker does besides. */
function beginJob(queue: string, operation: string, metadata: string | undefined): JobSpan | undefined {
  const server = (context.active().getValue(SERVER) as Attributes | undefined) ?? {};
  if (ADDING.has(operation)) return new JobSpan(calls.send(queue, server));
  if (operation === "process") return new JobSpan(calls.process(queue, contextIn(metadata), server));
  return undefined;
}

/** What BullMQ takes for a span. */
class JobSpan {
  /** What the processor threw. */
  thrown: unknown;
  readonly #call: MessagingCall;
  #failure: unknown;

  constructor(call: MessagingCall) {
    this.#call = call;
  }

  async run(task: Task): Promise<unknown> {
    const metadata = task.length === 2 ? guarded("bullmq", () => metadataOf(this.#call.context)) : undefined;
    try {
      return await context.with(this.#call.context.setValue(JOB, this), () => task(this, metadata));
    } catch (thrown) {
      this.#failure = thrown;
      throw thrown;
    } finally {
      if (this.#failure === undefined) this.#call.end();
      else this.#call.fail(this.#failure);
    }
  }

  setAttributes(attributes: Attributes): void {
    for (const [key, name] of Object.entries(ATTRIBUTES)) {
      const value = attributes[key];
      if (value !== undefined) this.#call.span.setAttribute(name, value);
    }
  }

  /** That of a failure tells failures from jobs that wait or are delayed on purpose, which throw too. */
  addEvent(name: string, attributes?: Attributes): void {
    if (name === "job failed") this.#failure = this.thrown ?? { message: attributes?.["bullmq.job.failed.reason"] };
  }

  /** Of the connection: the processing goes on. */
  recordException(thrown: unknown): void {
    this.#call.span.recordException(thrown as Error);
  }
}

/** Queues, workers and flow producers have the options that they were made with. */
interface Connected {
  readonly opts?: { readonly connection?: Parameters<typeof redisServerOf>[0] };
}

function withServer<Result>({ opts }: Connected, run: () => Result): Result {
  const server = guarded("bullmq", () => redisServerOf(opts?.connection));
  return server === undefined ? run() : context.with(context.active().setValue(SERVER, server), run);
}

function patchQueueBase({ QueueBase }: { readonly QueueBase: { readonly prototype: Record<"trace", Method> } }): void {
  knowServer(QueueBase.prototype, "trace");
}

function knowServer<Name extends string>(prototype: Record<Name, Method>, name: Name): void {
  const method = prototype[name];
  prototype[name] = function (...args) {
    return withServer(this as Connected, () => Reflect.apply(method, this, args));
  };
}

function patchWorker({ Worker }: { readonly Worker: { readonly prototype: { callProcessJob: Method } } }): void {
  const { callProcessJob } = Worker.prototype;
  Worker.prototype.callProcessJob = async function (...args) {
    try {
      return await Reflect.apply(callProcessJob, this, args);
    } catch (thrown) {
      const job = context.active().getValue(JOB) as JobSpan | undefined;
      if (job !== undefined) job.thrown = thrown;
      throw thrown;
    }
  };
}

type AddNode = (this: unknown, settings: { readonly node: { readonly opts?: object } }) => unknown;

/** A node without options gets no context from BullMQ. */
function patchFlowProducer({
  FlowProducer,
}: {
  readonly FlowProducer: { readonly prototype: { addNode: AddNode } & Record<"add" | "addBulk", Method> };
}): void {
  knowServer<"add" | "addBulk">(FlowProducer.prototype, "add");
  knowServer<"add" | "addBulk">(FlowProducer.prototype, "addBulk");
  const { addNode } = FlowProducer.prototype;
  FlowProducer.prototype.addNode = function (settings) {
    const { node } = settings;
    return addNode.call(this, node.opts === undefined ? { ...settings, node: { ...node, opts: {} } } : settings);
  };
}

type AsJsonSandbox = (this: unknown) => object;

function patchJob({ Job }: { readonly Job: { readonly prototype: { asJSONSandbox: AsJsonSandbox } } }): void {
  const { asJSONSandbox } = Job.prototype;
  Job.prototype.asJSONSandbox = function () {
    return { ...asJSONSandbox.call(this), [SANDBOX_KEY]: guarded("bullmq", () => metadataOf(context.active())) };
  };
}

interface ChildProcessorClass {
  readonly prototype: { start: (this: unknown, job: { readonly [SANDBOX_KEY]?: string }, token: unknown) => unknown };
}

/** In the other process: the span of the processing is its parent's. */
function patchChildProcessor({ ChildProcessor }: { readonly ChildProcessor: ChildProcessorClass }): void {
  const { prototype } = ChildProcessor;
  const { start: startJob } = prototype;
  prototype.start = function (job, token) {
    const origin = guarded("bullmq", () => contextIn(job[SANDBOX_KEY])) ?? ROOT_CONTEXT;
    return context.with(origin, () => startJob.call(this, job, token));
  };
}

/** Undefined where there is nothing to tell. */
function metadataOf(source: Context): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(source, carrier);
  return Object.keys(carrier).length === 0 ? undefined : JSON.stringify(carrier);
}

function contextIn(metadata: string | undefined): Context {
  if (typeof metadata !== "string") return ROOT_CONTEXT;
  try {
    return originOf(JSON.parse(metadata) as object);
  } catch {
    // Whoever added the job wrote something else there.
    return ROOT_CONTEXT;
  }
}
