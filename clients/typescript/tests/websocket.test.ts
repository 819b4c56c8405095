import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { WebSocketClass } from "../src/connections/websocket.js";
import { WebSocketTransport } from "../src/connections/websocket.js";

/** A browser's WebSocket in the hands of a test. It complains aloud when it is given something in a state in which it cannot take it, as browsers do. */
class HandledSocket {
  static last: HandledSocket;
  readonly protocol = "hexagram.v1.json";
  readonly bufferedAmount = 0;
  readyState: number = WebSocket.CONNECTING;
  readonly sent: string[] = [];
  readonly complaints: string[] = [];
  onopen: (() => void) | null = null;
  onmessage = null;
  onerror = null;
  onclose: ((end: { code: number; reason: string }) => void) | null = null;

  constructor() {
    HandledSocket.last = this;
  }

  send(text: string): void {
    if (this.readyState === WebSocket.OPEN) this.sent.push(text);
    else this.complaints.push(text);
  }

  close(): void {
    this.readyState = WebSocket.CLOSING;
  }
}

test("one that is closing is given no packet, and says its end once", async () => {
  const ends: string[] = [];
  const events = {
    received: () => undefined,
    alive: () => undefined,
    violated: () => undefined,
    ended: (reason: string) => ends.push(reason),
  };
  const opening = new WebSocketTransport("ws://nowhere/v1/ws", HandledSocket as unknown as WebSocketClass).open(
    events,
    new AbortController().signal,
  );
  const socket = HandledSocket.last;
  socket.readyState = WebSocket.OPEN;
  socket.onopen?.();
  const link = await opening;
  link.send({ kind: "ping" });

  // The server has said Close, and the browser has answered; that it is over is told later.
  socket.readyState = WebSocket.CLOSING;
  link.send({ kind: "pong" });
  expect(socket.sent).toEqual(['{"kind":"ping"}']);
  expect(socket.complaints).toEqual([]);

  socket.onclose?.({ code: 1001, reason: "" });
  expect(ends).toEqual(["the connection ended (1001)"]);
});
