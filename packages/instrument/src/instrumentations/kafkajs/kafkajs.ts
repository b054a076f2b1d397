/** Kafka by `kafkajs`: a span for each topic that a call sends to, and for each message or batch that is processed. */
import { isUtf8 } from "node:buffer";
import {
  type Attributes,
  context,
  createContextKey,
  type Span,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from "@opentelemetry/api";
import { guarded } from "../../guarded.ts";
import type { LoadedFile, Telemetry } from "../../instrumentation.ts";
import { type MessagingCall, MessagingCalls, originOf } from "../../messaging/messaging-call.ts";

type HeaderValue = Buffer | string | readonly (Buffer | string)[] | undefined;
type Headers = Readonly<Record<string, HeaderValue>>;

interface Message {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: Headers;
}

interface ReceivedMessage extends Message {
  readonly offset: string;
}

interface TopicMessages {
  readonly topic: string;
  readonly messages: readonly Message[];
}

interface SendBatchRecord {
  readonly topicMessages?: readonly TopicMessages[];
}

/** What Kafka answers for each partition that messages went to. */
interface RecordMetadata {
  readonly topicName: string;
  readonly partition: number;
  readonly baseOffset?: string;
}

/** A producer, or a transaction of one. */
interface Sender {
  send: (record: TopicMessages) => Promise<RecordMetadata[]>;
  sendBatch: (record: SendBatchRecord) => Promise<RecordMetadata[]>;
}

interface Transaction extends Sender {
  commit: () => Promise<void>;
  abort: () => Promise<void>;
}

interface Producer extends Sender {
  transaction: (...args: unknown[]) => Promise<Transaction>;
}

/** The connection to one of Kafka's servers. */
interface Broker {
  readonly connectionPool: { readonly host: string; readonly port: number };
  produce: (...args: unknown[]) => Promise<unknown>;
}

interface EachMessagePayload {
  readonly topic: string;
  readonly partition: number;
  readonly message: ReceivedMessage;
}

interface EachBatchPayload {
  readonly batch: { readonly topic: string; readonly partition: number; readonly messages: readonly ReceivedMessage[] };
}

type Handler<Payload> = (this: unknown, payload: Payload) => unknown;

interface RunConfig {
  readonly eachMessage?: Handler<EachMessagePayload> | null;
  readonly eachBatch?: Handler<EachBatchPayload> | null;
}

interface Consumer {
  run: (config?: RunConfig) => Promise<void>;
}

interface Kafka {
  producer: (this: Kafka, ...args: unknown[]) => Producer;
  consumer: (this: Kafka, config?: { readonly groupId?: string }) => Consumer;
}

/** The call of one topic, in the context of what the library does for it. */
const SENDING = createContextKey("clew.instrument.kafkajs.sending");

let calls: MessagingCalls;

export function start(telemetry: Telemetry): void {
  calls = new MessagingCalls("kafka", telemetry);
}

export function patch({ prototype }: { readonly prototype: never }, { path }: LoadedFile): void {
  if (path.includes("broker")) patchBroker(prototype);
  else patchKafka(prototype);
}

/** Messages go to the brokers that lead their partitions: which ones, is known only when they are sent. */
function patchBroker(prototype: Broker): void {
  const { produce } = prototype;
  prototype.produce = function (...args) {
    guarded("kafkajs", () => {
      const call = context.active().getValue(SENDING) as MessagingCall | undefined;
      call?.setAttribute("server.address", this.connectionPool.host);
      call?.setAttribute("server.port", this.connectionPool.port);
    });
    return Reflect.apply(produce, this, args);
  };
}

function patchKafka(prototype: Kafka): void {
  const { producer, consumer } = prototype;
  prototype.producer = function (...args) {
    const made = Reflect.apply(producer, this, args);
    guarded("kafkajs", () => watchProducer(made));
    return made;
  };
  prototype.consumer = function (config) {
    const made = consumer.call(this, config);
    guarded("kafkajs", () => watchConsumer(made, config?.groupId));
    return made;
  };
}

function watchProducer(producer: Producer): void {
  watchSender(producer);
  const { transaction } = producer;
  producer.transaction = async (...args) => {
    const span = guarded("kafkajs", () => calls.group("transaction"));
    if (span === undefined) return transaction(...args);
    const made = await endingOnFailure(span, transaction(...args));
    guarded("kafkajs", () => watchTransaction(made, span));
    return made;
  };
}

/** What is sent is beneath the transaction's span, which ends when the transaction does. */
function watchTransaction(transaction: Transaction, span: Span): void {
  watchSender(transaction, span);
  for (const name of ["commit", "abort"] as const) {
    const end = transaction[name];
    transaction[name] = async () => {
      // It failed before, and its span has ended.
      if (!span.isRecording()) return end();
      await endingOnFailure(span, end());
      span.setAttribute("messaging.operation.name", name);
      span.end();
    };
  }
}

async function endingOnFailure<Result>(span: Span, result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (thrown) {
    span.recordException(thrown as Error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    throw thrown;
  }
}

function watchSender(sender: Sender, parent?: Span): void {
  const { send, sendBatch } = sender;
  const begin = (record: TopicMessages): Sending =>
    parent === undefined
      ? beginSend(record)
      : context.with(trace.setSpan(context.active(), parent), beginSend, undefined, record);
  sender.send = (record) => {
    const sending = isSendable(record) ? guarded("kafkajs", () => begin(record)) : undefined;
    if (sending === undefined) return send(record);
    // Of several topics each has a span of its own, and which broker a request is for does not tell of which topic.
    const active = context.active().setValue(SENDING, sending.call);
    const result = context.with(active, () => send({ ...record, messages: sending.messages }));
    return ending([sending], result);
  };
  sender.sendBatch = (record) => {
    const topics = record?.topicMessages;
    const isWatched = Array.isArray(topics) && topics.every(isSendable);
    const sendings = isWatched ? guarded("kafkajs", () => topics.map(begin)) : undefined;
    if (sendings === undefined) return sendBatch(record);
    return ending(sendings, sendBatch({ ...record, topicMessages: sendings }));
  };
}

/** What cannot be sent is left to the library, which tells what is wrong with it. */
function isSendable(record: TopicMessages | undefined): boolean {
  const messages: unknown = record?.messages;
  return Array.isArray(messages) && messages.every((message) => typeof message === "object" && message !== null);
}

/** What is sent to one topic, with the context in each message. */
interface Sending extends TopicMessages {
  readonly call: MessagingCall;
}

/** The messages stay the caller's, and are not written to. */
function beginSend({ topic, messages }: TopicMessages): Sending {
  const [first] = messages;
  const attributes = messages.length === 1 && first !== undefined ? attributesOf(first) : {};
  const call = calls.send(topic, attributes, messages.length);
  const carrier: Record<string, string> = {};
  call.inject(carrier);
  const carrying = messages.map((message) => ({ ...message, headers: { ...message.headers, ...carrier } }));
  return { topic, messages: carrying, call };
}

function ending(sendings: readonly Sending[], result: Promise<RecordMetadata[]>): Promise<RecordMetadata[]> {
  return result.then(
    (records) => {
      guarded("kafkajs", () => {
        for (const sending of sendings) endSend(sending, records);
      });
      return records;
    },
    (thrown: unknown) => {
      for (const { call } of sendings) call.fail(thrown);
      throw thrown;
    },
  );
}

function endSend({ call, topic, messages }: Sending, records: readonly RecordMetadata[]): void {
  const partitions = records.filter(({ topicName }) => topicName === topic);
  const [first] = partitions;
  if (first !== undefined && partitions.length === 1) {
    call.span.setAttribute("messaging.destination.partition.id", String(first.partition));
    if (messages.length === 1 && first.baseOffset !== undefined) {
      call.span.setAttribute("messaging.kafka.offset", Number(first.baseOffset));
    }
  }
  call.end();
}

function watchConsumer(consumer: Consumer, group: string | undefined): void {
  const { run } = consumer;
  consumer.run = (config) => run(guarded("kafkajs", () => watchedConfig(config, group)) ?? config);
}

function watchedConfig(config: RunConfig | undefined, group: string | undefined): RunConfig {
  const { eachMessage, eachBatch } = config ?? {};
  return {
    ...config,
    ...(typeof eachMessage === "function" && {
      eachMessage: watchedHandler(eachMessage, (payload) => beginMessage(payload, group)),
    }),
    ...(typeof eachBatch === "function" && {
      eachBatch: watchedHandler(eachBatch, (payload) => beginBatch(payload, group)),
    }),
  };
}

function watchedHandler<Payload>(
  handler: Handler<Payload>,
  begin: (payload: Payload) => MessagingCall,
): Handler<Payload> {
  return function (payload) {
    const call = guarded("kafkajs", () => begin(payload));
    const run = (): unknown => handler.call(this, payload);
    return call === undefined ? run() : call.runToEnd(run);
  };
}

function beginMessage({ topic, partition, message }: EachMessagePayload, group: string | undefined): MessagingCall {
  const attributes = { ...sourceOf(partition, group), ...attributesOf(message) };
  attributes["messaging.kafka.offset"] = Number(message.offset);
  return calls.process(topic, originIn(message), attributes);
}

function beginBatch({ batch }: EachBatchPayload, group: string | undefined): MessagingCall {
  return calls.processBatch(batch.topic, batch.messages.map(originIn), sourceOf(batch.partition, group));
}

function originIn({ headers }: Message): ReturnType<typeof originOf> {
  return originOf(headers ?? {}, HEADERS);
}

function sourceOf(partition: number, group: string | undefined): Attributes {
  return {
    "messaging.destination.partition.id": String(partition),
    ...(group !== undefined && { "messaging.consumer.group.name": group }),
  };
}

/** A key that is no text is left out. */
function attributesOf({ key, value }: Message): Attributes {
  const attributes: Attributes = {};
  if (typeof key === "string") attributes["messaging.kafka.message.key"] = key;
  else if (Buffer.isBuffer(key) && isUtf8(key)) attributes["messaging.kafka.message.key"] = key.toString();
  if (value === null) attributes["messaging.kafka.message.tombstone"] = true;
  return attributes;
}

const HEADERS: TextMapGetter<Headers> = {
  get: (headers, key) => {
    const value = headers[key];
    const first = Array.isArray(value) ? (value as readonly (Buffer | string)[])[0] : value;
    return first?.toString();
  },
  keys: (headers) => Object.keys(headers),
};
