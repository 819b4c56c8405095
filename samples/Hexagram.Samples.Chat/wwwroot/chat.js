// A client in one page, over hexagram.v1.json (protocol/PROTOCOL.md; § in comments). All that it must not lose is one document in localStorage, written whole: so a
// message and the place up to which it has been read change together.
"use strict";
const $ = id => document.getElementById(id);
let user, state, socket, welcomed = false, failures = 0, clockAhead = 0;

const save = () => { localStorage.setItem(`hexagram:${user}`, JSON.stringify(state)); draw(); };

function open(name) {
  user = name;
  state = JSON.parse(localStorage.getItem(`hexagram:${user}`))
    ?? { device: crypto.randomUUID(), connection: 0, epoch: "0000000000000000", cursor: 0, outbox: [], log: [] };
  signedIn(true);
  $("send").to.value ||= user === "alice" ? "bob" : "alice";
  $("send").text.focus();
  draw();
  connect();
}

function signedIn(yes) {
  $("signIn").hidden = yes;
  $("send").hidden = $("signOut").hidden = !yes;
}

function connect() {
  state.connection++; // durable before it is used (§4)
  save();
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/ws`, "hexagram.v1.json");
  let sentAway = 0;
  socket.onopen = () => say({
    kind: "hello", token: "", device: state.device, connection: state.connection, epoch: state.epoch, cursor: state.cursor,
    window: 64, windowBytes: 1 << 20, start: "oldest", software: "chat-sample/1",
  });
  socket.onmessage = ({ data }) => {
    const packet = JSON.parse(data);
    if (packet.kind === "goodbye") sentAway = packet.code;
    (on[packet.kind] ?? (() => {}))(packet);
  };
  socket.onclose = () => {
    welcomed = false;
    // Whom the server sends away must not come back by itself (§10); everybody else comes back after a growing, random while (§11).
    if (sentAway >= 3000) return show(`${$("state").textContent} Reload the page to go on here.`);
    if (sentAway >= 2000) return signedIn(false);
    show("Not connected. What you write is kept.");
    setTimeout(connect, Math.random() * Math.min(30_000, 500 * 2 ** failures++));
  };
}

const say = packet => socket.send(JSON.stringify(packet));
const show = text => { $("state").textContent = text; };

const on = {
  welcome(packet) {
    welcomed = true;
    failures = 0;
    clockAhead = Date.parse(packet.serverTime) - Date.now();
    if (packet.epoch !== state.epoch) {
      state.cursor = state.epoch === "0000000000000000" ? packet.resumeAfter : Math.min(state.cursor, packet.resumeAfter);
      state.epoch = packet.epoch;
    } else {
      state.cursor = Math.max(state.cursor, packet.resumeAfter);
    }
    save();
    show(`Connected as ${packet.user}.`);
    state.outbox.forEach(sendMessage); // in order; what the server has already, it finds to be a duplicate (§6)
  },
  "msg:A"({ id }) { mark(id, "accepted"); },
  "ack:N"({ ids, state: word }) { ids.forEach(id => mark(id, word)); },
  "msg:N"(packet) {
    if (packet.sequence > state.cursor + 1) return socket.close(); // something is missing (§5)
    if (packet.sequence === state.cursor + 1) {
      if (!state.log.some(line => line.id === packet.id && line.from === packet.from)) {
        state.log.push({ id: packet.id, from: packet.from, text: packet.text ?? `(${packet.contentType})` });
      }
      state.cursor++;
      save();
    }
    say({ kind: "ack:R", epoch: state.epoch, upTo: state.cursor });
  },
  ping() { say({ kind: "pong" }); },
  error(packet) {
    if (packet.code < 2000) return setTimeout(() => socket.close(), packet.retryAfterMilliseconds ?? 1000); // later, and in order
    mark(packet.id, packet.text);
    state.outbox = state.outbox.filter(message => message.id !== packet.id);
    save();
  },
  goodbye(packet) { show(packet.text); },
};

function mark(id, word) {
  const line = state.log.find(line => line.id === id && line.to);
  const rank = ["waiting", "accepted", "stored", "delivered"];
  if (!line || rank.indexOf(word) !== -1 && rank.indexOf(word) <= rank.indexOf(line.word)) return; // states only rise (§7)
  line.word = word;
  if (word === "delivered") state.outbox = state.outbox.filter(message => message.id !== id);
  save();
}

const sendMessage = ({ id, to, text }) => say({ kind: "msg:R", id, to, text });

// A UUIDv7 on the server's clock (§2, §11).
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Date.now() + clockAhead) << 16n | 0x7000n | BigInt(bytes[6] & 0x0f) << 8n | BigInt(bytes[7]));
  bytes[8] = bytes[8] & 0x3f | 0x80;
  return [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function draw() {
  const part = (name, textContent) => Object.assign(document.createElement(name), { textContent });
  $("log").replaceChildren(...state.log.map(line => {
    const item = Object.assign(document.createElement("li"), { className: line.to ? "mine" : "" });
    item.append(part("b", line.from ?? `to ${line.to}`), line.text);
    if (line.word) item.append(part("small", line.word));
    return item;
  }));
  $("log").lastElementChild?.scrollIntoView();
}

$("signIn").onsubmit = async event => {
  event.preventDefault();
  const who = Object.fromEntries(new FormData(event.target));
  const answer = await fetch("sign-in", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(who) });
  if (answer.ok) open(who.name);
  else show("That is not the name and the password of anybody here.");
};

// Takes the cookie away, and ends what this page has open; what has been said and what waits stays in this browser.
$("signOut").onclick = async () => {
  await fetch(`sign-out?device=${state.device}`, { method: "POST" });
  location.reload();
};

$("send").onsubmit = event => {
  event.preventDefault();
  const message = { id: newId(), ...Object.fromEntries(new FormData(event.target)) };
  state.outbox.push(message);
  state.log.push({ ...message, word: "waiting" });
  save(); // before it leaves (§11)
  if (welcomed) sendMessage(message);
  event.target.text.value = "";
};

// Who has signed in before still is.
fetch("me").then(async answer => answer.ok ? open(await answer.json()) : signedIn(false));
