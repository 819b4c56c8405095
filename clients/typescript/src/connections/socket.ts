import type { WebSocketClass } from "./websocket.js";

/** The platform's WebSocket. Node before version 22 has none; there `src/node/socket.ts` stands in this place. */
export const webSocketClass: WebSocketClass = globalThis.WebSocket;
