/** A mail server that takes everything, with or without authentication, and says no where it is told to. */
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface SmtpServer {
  readonly port: number;
  /** Every line that clients sent. */
  readonly lines: string[];
  /** Answered instead of 250 to a command that begins so. */
  refuse: { command: string; answer: string } | undefined;
  close(): Promise<void>;
}

export async function smtpServer(): Promise<SmtpServer> {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    let isData = false;
    let rest = "";
    socket.write("220 test\r\n");
    socket.on("data", (chunk) => {
      rest += chunk.toString();
      const complete = rest.split("\r\n");
      rest = complete.pop() ?? "";
      for (const line of complete) {
        lines.push(line);
        if (isData && line !== ".") continue;
        const { refuse } = kept;
        if (refuse !== undefined && line.startsWith(refuse.command)) socket.write(`${refuse.answer}\r\n`);
        else if (line.startsWith("EHLO")) socket.write("250-test\r\n250 AUTH PLAIN\r\n");
        else if (line.startsWith("AUTH")) socket.write("235 in\r\n");
        else if (line === "STARTTLS") socket.write("502 not here\r\n");
        else if (line === "DATA") socket.write("354 go\r\n");
        else if (line === "QUIT") socket.end("221 bye\r\n");
        else socket.write("250 ok\r\n");
        isData = line === "DATA";
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kept: SmtpServer = {
    port: (server.address() as AddressInfo).port,
    lines,
    refuse: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return kept;
}
