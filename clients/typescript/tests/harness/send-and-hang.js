// A process that sends one message, says that it is saved, and hangs until it is killed.
import { fileStore, HexagramClient } from "../../dist/node.js";

const [folder, server, to, text] = process.argv.slice(2);
const client = await HexagramClient.open({ server, token: "t", store: fileStore(folder) });
await client.send(to, text);
console.log("saved");
