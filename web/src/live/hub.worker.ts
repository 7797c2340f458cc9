/** The hub as a worker that all tabs of a browser share. */

import { Hub } from "./hub";
import type { ToHub } from "./messages";

const ports = new Set<MessagePort>();
const hub = new Hub((message) => {
  for (const port of ports) port.postMessage(message);
});

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  ports.add(port);
  port.onmessage = (message: MessageEvent<ToHub>) => {
    hub.hear(port, message.data);
    if (message.data.kind === "leave") ports.delete(port);
  };
};
