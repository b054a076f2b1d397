/** Takes orders and asks the inventory: POST /orders/:id. */
import express from "express";
import pino from "pino";

const log = pino({ name: "orders" });
const inventory = process.env.INVENTORY_URL ?? "http://127.0.0.1:8081";
const app = express();

app.post("/orders/:id", async (request, response) => {
  const { id } = request.params;
  const answer = await fetch(`${inventory}/items/${id}`);
  if (answer.status === 404) {
    log.warn({ order: id }, "not available");
    response.status(422).json({ status: "not available" });
    return;
  }
  if (!answer.ok) throw new Error(`the inventory answered ${answer.status}`);
  log.info({ order: id }, "order confirmed");
  response.json({ status: "confirmed" });
});

const server = app.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  log.info({ port: server.address().port }, "orders listens");
});
