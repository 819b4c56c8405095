import WebSocket from "ws";
import type { WebSocketClass } from "../connections/websocket.js";
import { MESSAGE_BYTES_MAX } from "../protocol/limits.js";

/** A WebSocket for Node, which has one of its own only from version 22 on. No extension is offered: see PROTOCOL §3.4. */
class NodeWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX });
  }
}

/** What is read of the events here is what both have. */
export const webSocketClass = NodeWebSocket as unknown as WebSocketClass;
