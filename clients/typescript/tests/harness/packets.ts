import { isDevice } from "../../src/protocol/identities.js";
import { SOFTWARE_BYTES_MAX, TOKEN_CHARACTERS_MAX } from "../../src/protocol/limits.js";
import {
  anyEpoch,
  cursor,
  epoch,
  id,
  type Kinds,
  line,
  listOf,
  matching,
  number,
  OF_A_SERVER,
  oneOf,
  packet,
  packetWithBody,
  sequence,
  user,
} from "../../src/protocol/reader.js";

const count = number(0, 2 ** 31 - 1);

/** What either side sends; a client need not read the one half. */
export const OF_EITHER: Kinds = {
  ...OF_A_SERVER,
  "msg:R": packetWithBody("msg:R", { id, to: user }),
  "ack:R": packet("ack:R", { epoch, upTo: sequence }),
  hello: packet("hello", {
    token: matching((text) => text.length <= TOKEN_CHARACTERS_MAX && /^[!-~]*$/.test(text)),
    device: matching(isDevice),
    connection: sequence,
    epoch: anyEpoch,
    cursor,
    window: count,
    windowBytes: count,
    start: oneOf("oldest", "latest"),
    software: line(SOFTWARE_BYTES_MAX),
  }),
  "status:R": packet("status:R", { to: user, ids: listOf(id) }),
};
