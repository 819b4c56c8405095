import type { Packet } from "@hexagram/client";
import { expect, test } from "vitest";
import { Ledger, MESSAGES_MAX } from "../src/lab/ledger";
import type { Passing, Side } from "../src/lab/network";
import { Story } from "../src/lab/story";

const ID = "01920000-0000-7000-8000-000000000001";
const SECOND = "01920000-0000-7000-8000-000000000002";
const EPOCH = "5eed0000c0ffee01";
const AT = "2026-01-02T03:04:05.678Z";

/** A ledger, and the wires that it hears. */
class Wires {
  readonly ledger = new Ledger();
  readonly story = new Story();
  #flights = 0;

  /** A packet that sets out, and what becomes of it. */
  pass(side: Side, packet: Packet, end: "arrives" | "lost" = "arrives"): void {
    const way = ["msg:R", "ack:R", "hello"].includes(packet.kind) ? "up" : "down";
    const flight = ++this.#flights;
    for (const phase of ["leaves", end] as const) this.#hear({ flight, side, way, phase, packet });
  }

  request(id = ID, end?: "lost"): void {
    this.pass("alice", { kind: "msg:R", id, to: "bob", text: "Hello" }, end);
  }

  accept(id = ID, end?: "lost"): void {
    this.pass("alice", { kind: "msg:A", id, acceptedAt: AT }, end);
    if (end !== "lost") this.ledger.hear({ event: "stands", id, standing: "accepted" });
  }

  notify(id = ID, sequence = 1): void {
    this.pass("bob", { kind: "msg:N", sequence, id, from: "alice", acceptedAt: AT, text: "Hello" });
  }

  handle(id = ID): void {
    this.ledger.hear({ event: "handled", side: "bob", id });
  }

  confirm(upTo = 1, end?: "lost"): void {
    this.pass("bob", { kind: "ack:R", epoch: EPOCH, upTo }, end);
    if (end !== "lost") this.pass("bob", { kind: "ack:A", epoch: EPOCH, upTo });
  }

  report(state: "stored" | "delivered", ...ids: string[]): void {
    this.pass("alice", { kind: "ack:N", by: "bob", ids, state });
    for (const id of ids) this.ledger.hear({ event: "stands", id, standing: state });
  }

  states(id = ID): string {
    return (this.ledger.message(id)?.lines ?? []).map(({ state }) => state).join(" ");
  }

  told(id = ID): string {
    return this.story
      .about(id)
      .map(({ key }) => key)
      .join(" ");
  }

  #hear(passing: Passing): void {
    this.story.hear(passing, this.ledger);
    this.ledger.hear({ event: "passing", passing });
  }
}

test("each packet lights its line, and the last one settles the message", () => {
  const wires = new Wires();
  wires.request();
  expect(wires.states()).toBe("lit dark dark dark dark dark");
  wires.accept();
  wires.notify();
  wires.handle();
  wires.confirm();
  expect(wires.ledger.isSettled).toBe(false);
  wires.report("delivered", ID);
  expect(wires.states()).toBe("lit lit lit lit lit lit");
  expect(wires.ledger.isSettled).toBe(true);
  expect(wires.ledger.counts).toEqual({ sent: 1, delivered: 1, resent: 0, duplicatesDropped: 0, twice: 0, lost: 0 });
  expect(wires.told()).toBe("line1 line2 line3 line4 line5 done");
});

test("the guide tells of line 2 before line 3, and of all before it is done, in whichever order they leave", () => {
  const wires = new Wires();
  wires.request();
  wires.notify();
  wires.accept();
  wires.handle();
  wires.pass("bob", { kind: "ack:R", epoch: EPOCH, upTo: 1 });
  wires.report("delivered", ID);
  wires.pass("bob", { kind: "ack:A", epoch: EPOCH, upTo: 1 });
  expect(wires.told()).toBe("line1 line2 line3 line4 line5 done");

  const again = new Wires();
  again.request();
  again.accept(ID, "lost");
  again.request();
  again.report("delivered", ID);
  again.accept();
  expect(again.told()).toBe("line1 line2 lost2 senderConnects again1 again2 done");
});

test("a lost line is lost until its packet comes again, and the resend and the duplicate are counted", () => {
  const wires = new Wires();
  wires.request();
  wires.accept(ID, "lost");
  expect(wires.states()).toBe("lit lost dark dark dark dark");
  wires.request();
  wires.accept();
  expect(wires.states()).toBe("lit lit dark dark dark dark");
  expect(wires.ledger.message(ID)?.lines[0]?.times).toBe(2);
  expect(wires.ledger.counts).toMatchObject({ sent: 1, resent: 1, duplicatesDropped: 1 });
  expect(wires.told()).toBe("line1 line2 lost2 senderConnects again1 again2");
});

test("what is notified again is a duplicate that the recipient drops", () => {
  const wires = new Wires();
  wires.request();
  wires.notify();
  wires.handle();
  wires.confirm(1, "lost");
  wires.notify();
  expect(wires.ledger.counts).toMatchObject({ duplicatesDropped: 1, twice: 0 });
  expect(wires.told()).toBe("line1 line3 line4 lost4 recipientConnects again3 dropped");
});

test("one confirmation speaks for every message up to its number, and for none beyond", () => {
  const wires = new Wires();
  wires.request();
  wires.request(SECOND);
  wires.notify(ID, 1);
  wires.notify(SECOND, 2);
  wires.confirm(1);
  expect(wires.states(SECOND)).toBe("lit dark lit dark dark dark");
  wires.confirm(2);
  expect(wires.states(SECOND)).toBe("lit dark lit lit lit dark");
  expect(wires.ledger.message(ID)?.lines[3]?.times).toBe(1);
});

test("a stored message has a broken line, which the real one replaces and a late weaker word does not break again", () => {
  const wires = new Wires();
  wires.request();
  wires.report("stored", ID);
  expect(wires.states()).toBe("lit dark dark dark dark broken");
  wires.report("delivered", ID);
  wires.pass("alice", { kind: "ack:N", by: "bob", ids: [ID], state: "stored" });
  expect(wires.states()).toBe("lit dark dark dark dark lit");
});

test("a hello says what a lost confirmation would have said", () => {
  const wires = new Wires();
  wires.request();
  wires.notify();
  wires.handle();
  wires.confirm(1, "lost");
  const hello = { token: "", device: "d", connection: 2, window: 1, windowBytes: 1, start: "oldest", software: "" } as const;
  wires.pass("bob", { kind: "hello", epoch: EPOCH, cursor: 1, ...hello });
  expect(wires.ledger.message(ID)?.lines[3]).toMatchObject({ state: "lit", carrier: "hello" });
});

test("delivered, and not with the recipient's application: that is lost", () => {
  const wires = new Wires();
  wires.request();
  wires.report("delivered", ID);
  expect(wires.ledger.counts.lost).toBe(1);
});

test("accepted, and passed over by a later message: that is lost; on its way it is not", () => {
  const wires = new Wires();
  wires.request();
  wires.accept();
  wires.request(SECOND);
  expect(wires.ledger.counts.lost).toBe(0);
  wires.handle(SECOND);
  expect(wires.ledger.counts.lost).toBe(1);
});

test("handled two times is shown twice", () => {
  const wires = new Wires();
  wires.request();
  wires.handle();
  wires.handle();
  expect(wires.ledger.counts.twice).toBe(1);
});

test("a visit has so many messages, and no more", () => {
  const { ledger } = new Wires();
  for (let n = 0; n < MESSAGES_MAX; n++) {
    expect(ledger.isFull).toBe(false);
    ledger.hear({ event: "written", side: "alice", id: `${ID}-${n}`, text: "Hello" });
  }
  expect(ledger.isFull).toBe(true);
});
