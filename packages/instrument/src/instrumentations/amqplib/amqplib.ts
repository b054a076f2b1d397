/**
 * RabbitMQ by `amqplib`, by promises and by callbacks: a span for each message that is published, got
 * or consumed. On a confirming channel it ends when the broker has confirmed the message.
 */
import { type Attributes, context, type TextMapGetter, trace } from "@opentelemetry/api";
import { guarded } from "../../guarded.ts";
import type { LoadedFile, Telemetry } from "../../instrumentation.ts";
import { type MessagingCall, MessagingCalls, originOf } from "../../messaging/messaging-call.ts";

type Headers = Readonly<Record<string, unknown>>;

interface Properties {
  readonly headers?: Headers;
  readonly messageId?: unknown;
  readonly correlationId?: unknown;
}

interface Message {
  readonly fields: { readonly exchange: string; readonly routingKey: string; readonly deliveryTag: number };
  readonly properties: Properties;
}

interface Channel {
  readonly connection?: { readonly stream?: { readonly remoteAddress?: unknown; readonly remotePort?: unknown } };
}

type Callback = (...args: unknown[]) => unknown;
type Publish = (
  this: Channel,
  exchange: string,
  routingKey: string,
  content: unknown,
  options?: Properties | null,
  callback?: Callback,
) => unknown;

interface ChannelPrototype {
  publish: Publish;
  consume: (this: Channel, queue: string, callback: unknown, ...others: unknown[]) => unknown;
  get: (this: Channel, queue: string, ...others: unknown[]) => unknown;
}

interface ChannelClass {
  readonly prototype: ChannelPrototype;
}

interface ChannelModel {
  readonly Channel: ChannelClass;
  readonly ConfirmChannel: ChannelClass;
}

let calls: MessagingCalls;

export function start(telemetry: Telemetry): void {
  calls = new MessagingCalls("rabbitmq", telemetry);
}

export function patch({ Channel, ConfirmChannel }: ChannelModel, { path }: LoadedFile): void {
  patchPublish(Channel.prototype, ConfirmChannel.prototype);
  patchConsume(Channel.prototype);
  if (path === "lib/channel_model.js") patchPromisedGet(Channel.prototype);
  else patchCalledGet(Channel.prototype);
}

/** A confirming channel publishes by the method of the plain one. */
function patchPublish(plain: ChannelPrototype, confirming: ChannelPrototype): void {
  const { publish } = plain;
  plain.publish = function (exchange, routingKey, content, options, ...others) {
    const isConfirming = Object.prototype.isPrototypeOf.call(confirming, this);
    const publishing = isConfirming
      ? undefined
      : guarded("amqplib", () => beginPublish(this, exchange, routingKey, options));
    const send = (sent: typeof options): unknown =>
      Reflect.apply(publish, this, [exchange, routingKey, content, sent, ...others]);
    return publishing === undefined ? send(options) : publishing.call.runToEnd(() => send(publishing.options));
  };
  const { publish: publishConfirmed } = confirming;
  confirming.publish = function (exchange, routingKey, content, options, callback) {
    const publishing = guarded("amqplib", () => beginPublish(this, exchange, routingKey, options));
    if (publishing === undefined) return publishConfirmed.call(this, exchange, routingKey, content, options, callback);
    const { call } = publishing;
    const onConfirm = confirmed(call, callback);
    try {
      return call.run(() => publishConfirmed.call(this, exchange, routingKey, content, publishing.options, onConfirm));
    } catch (thrown) {
      call.fail(thrown);
      throw thrown;
    }
  };
}

/** Ends the call, then calls the application's callback in its caller's context. */
function confirmed(call: MessagingCall, callback: Callback | undefined): Callback {
  const caller = context.active();
  return (...args) => {
    const [error] = args;
    if (error === null || error === undefined) call.end();
    else call.fail(error);
    return typeof callback === "function" ? context.with(caller, () => callback(...args)) : undefined;
  };
}

/** The options stay the caller's, and are not written to. */
function beginPublish(
  channel: Channel,
  exchange: string,
  routingKey: string,
  options: Properties | null | undefined,
): { readonly call: MessagingCall; readonly options: Properties } {
  const destination = [exchange, routingKey].filter(isText).join(":");
  const attributes = { ...peerOf(channel), ...attributesOf(routingKey, options ?? {}) };
  const call = calls.send(destination === "" ? "amq.default" : destination, attributes);
  const carrier: Record<string, string> = {};
  call.inject(carrier);
  return { call, options: { ...options, headers: { ...options?.headers, ...carrier } } };
}

function patchConsume(prototype: ChannelPrototype): void {
  const { consume } = prototype;
  prototype.consume = function (queue, callback, ...others) {
    const watched = typeof callback === "function" ? watchedConsumer(this, queue, callback as Callback) : callback;
    return Reflect.apply(consume, this, [queue, watched, ...others]);
  };
}

function watchedConsumer(channel: Channel, queue: string, callback: Callback): Callback {
  return function (this: unknown, ...args) {
    const message = args[0] as Message | null;
    const run = (): unknown => Reflect.apply(callback, this, args);
    // Null tells that the broker has cancelled the consumer.
    const call = message === null ? undefined : guarded("amqplib", () => beginProcess(channel, queue, message));
    return call === undefined ? run() : call.runToEnd(run);
  };
}

function beginProcess(channel: Channel, queue: string, message: Message): MessagingCall {
  const attributes = { ...peerOf(channel), ...receivedAttributesOf(message) };
  return calls.process(sourceOf(message, queue), originIn(message), attributes);
}

function patchPromisedGet(prototype: ChannelPrototype): void {
  const { get } = prototype;
  prototype.get = function (queue, ...others) {
    const call = guarded("amqplib", () => calls.receive(queue, peerOf(this)));
    const run = (): unknown => Reflect.apply(get, this, [queue, ...others]);
    if (call === undefined) return run();
    return call.runToEnd(async () => {
      const message = (await run()) as Message | false;
      guarded("amqplib", () => tellReceived(call, message));
      return message;
    });
  };
}

function patchCalledGet(prototype: ChannelPrototype): void {
  const { get } = prototype;
  prototype.get = function (queue, options, callback) {
    const call = guarded("amqplib", () => calls.receive(queue, peerOf(this)));
    if (call === undefined) return Reflect.apply(get, this, [queue, options, callback]);
    const end = confirmed(call, callback as Callback | undefined);
    const onMessage: Callback = (error, message, ...more) => {
      if (message !== undefined) guarded("amqplib", () => tellReceived(call, message as Message | false));
      return end(error, message, ...more);
    };
    try {
      return call.run(() => Reflect.apply(get, this, [queue, options, onMessage]));
    } catch (thrown) {
      call.fail(thrown);
      throw thrown;
    }
  };
}

/** A message that was got came from a span, which is known only now. */
function tellReceived(call: MessagingCall, message: Message | false): void {
  if (message === false) return call.endEmpty();
  call.span.setAttributes(receivedAttributesOf(message));
  const sender = trace.getSpanContext(originIn(message));
  if (sender !== undefined) call.span.addLink({ context: sender });
}

function originIn({ properties }: Message): ReturnType<typeof originOf> {
  return originOf(properties.headers ?? {}, HEADERS);
}

/** Exchange, routing key and queue, but for what says nothing. Source: semantic conventions, "RabbitMQ". */
function sourceOf({ fields }: Message, queue: string): string {
  const { exchange, routingKey } = fields;
  const parts = queue === routingKey ? [exchange, routingKey] : [exchange, routingKey, queue];
  return parts.filter(isText).join(":");
}

function receivedAttributesOf({ fields, properties }: Message): Attributes {
  const attributes = attributesOf(fields.routingKey, properties);
  attributes["messaging.rabbitmq.message.delivery_tag"] = fields.deliveryTag;
  return attributes;
}

function attributesOf(routingKey: string, { messageId, correlationId }: Properties): Attributes {
  const attributes: Attributes = {};
  if (isText(routingKey)) attributes["messaging.rabbitmq.destination.routing_key"] = routingKey;
  if (isText(messageId)) attributes["messaging.message.id"] = messageId;
  if (isText(correlationId)) attributes["messaging.message.conversation_id"] = correlationId;
  return attributes;
}

function peerOf({ connection }: Channel): Attributes {
  const { remoteAddress, remotePort } = connection?.stream ?? {};
  const attributes: Attributes = {};
  if (isText(remoteAddress)) attributes["network.peer.address"] = remoteAddress;
  if (typeof remotePort === "number") attributes["network.peer.port"] = remotePort;
  return attributes;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

const HEADERS: TextMapGetter<Headers> = {
  get(headers, key) {
    const value = headers[key];
    return typeof value === "string" ? value : undefined;
  },
  keys: (headers) => Object.keys(headers),
};
