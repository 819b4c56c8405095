/*
 * The Hexagram protocol as a model that spin can search exhaustively. What it covers, what it leaves out and how it is run:
 * README.md beside it. Sections (§) are those of ../PROTOCOL.md.
 *
 * What is printed is only seen when a counterexample is played back; then it tells the story.
 *
 * Every step below is atomic. A step may be one where nobody can see it half done, or where half of it is the same as all of it and a
 * fault right behind; the comment at each says which. Between any two steps everything else may happen, every fault included.
 */

/* ---- bounds: each may be set from outside (-D) --------------------------------------------------------------------- */

#ifndef SENDERS
#define SENDERS 2          /* all of them write to the one recipient */
#endif
#ifndef MESSAGES
#define MESSAGES 1         /* of each sender */
#endif
#ifndef WINDOW
#define WINDOW 1           /* entries unconfirmed at a time (§4) */
#endif
#ifndef FAULTS
#define FAULTS 2           /* in all, of any kinds, at any moments; every smaller number is searched, too */
#endif
#ifndef ROUNDS
#define ROUNDS 2           /* rounds of timers, after the last fault, in which everything must have come to its end */
#endif

#define ALL (SENDERS * MESSAGES)

/*
 * Messages are numbered through, sender by sender, each sender's in the order in which they were written. A message's id is its number.
 * (One mistake makes another id for the same message; MESSAGE says which message an id stands for.)
 */
#define MESSAGE(id) ((id) % ALL)
#define SENDER(id) (MESSAGE(id) / MESSAGES)
#define FIRST_OF(sender) ((sender) * MESSAGES)

#if defined(ID_REMADE_ON_RESEND) || defined(LOOKED_UP_OUTSIDE_THE_COMMIT)
#define IDS (2 * ALL)
#define ENTRIES (2 * ALL + 2)   /* with these mistakes there can be more entries than messages */
#else
#define IDS ALL
#define ENTRIES ALL
#endif

/* ---- properties ---------------------------------------------------------------------------------------------------- */

/* Each bears the name of what has happened when it is broken; spin then says "assertion violated !(doubled)". */
bit lost, doubled, reordered, lied, fell, stuck;

#define must(broken, condition)  if :: (condition) :: else -> broken = 1; assert(!broken) fi

/* ---- packets and words --------------------------------------------------------------------------------------------- */

mtype = { msgR, msgA, msgN, ackR, ackA, ackN, hello, welcome, statusR, statusA };

/* The states of a message, in their order (§7): they only rise. */
#define WAITING   0
#define ACCEPTED  1
#define STORED    2
#define DELIVERED 3

/* What the store has decided about a msg:R (§6), or not yet. */
mtype = { fresh, duplicate, confirmed, undecided };

/* ---- what is durable: it survives every crash ----------------------------------------------------------------------- */

/* The store: one mailbox (§2). */
byte entry[ENTRIES + 1];   /* the id in entry n, n from 1 */
byte place[IDS];           /* the entry of each id: the key of de-duplication; 0: not in the mailbox */
byte last;                 /* the newest entry */
byte cursor;               /* the recipient's device has confirmed up to here */

/* The senders' outboxes. A message is in its outbox from the start: one that is not sent yet has no effect on anybody. */
byte state[ALL];
#ifdef ID_REMADE_ON_RESEND
bit tried[ALL];            /* it has left the device */
#endif

/* The recipient's inbox, and what its application has done. */
byte committed;            /* the inbox's cursor */
byte handled[ALL];         /* how often each message has had its effect; read by the properties alone */

/* ---- what is not ---------------------------------------------------------------------------------------------------- */

/* A sender's connection. Welcome tells it nothing that matters here, so connecting is one step. */
bit online[SENDERS];
byte next[SENDERS];        /* what this connection has still to send begins here */
bit gone[SENDERS];         /* for ever: the device has burnt */
chan toServer[SENDERS] = [MESSAGES + 1] of { mtype, byte };
chan toSender[SENDERS] = [MESSAGES + 2] of { mtype, byte, byte };

/* A sender's session: decided and not answered; and what ended sessions have left to the store. */
chan unanswered[SENDERS] = [MESSAGES + 1] of { byte, mtype };
chan left[SENDERS] = [MESSAGES + 1] of { byte, mtype };

/* The recipient's client. */
bit connected, welcomed;
bit owed;                  /* there is something to confirm */
byte received;             /* taken up to here: committed, being handled, or waiting for the handler */
chan fromRecipient = [2] of { mtype, byte };
chan toRecipient = [WINDOW + 2] of { mtype, byte };

/* The recipient's session. An orphan is one whose connection has gone without the server's having noticed. */
mtype = { none, opening, live, orphan };
mtype session = none;
byte confirmedHere, sent, heard;   /* DeliveryStream's Cursor, Sent and Last */
byte leftAck;                      /* an ack:R that an ended session has left to the store; 0: none */

/* The router: does it know of a receiving session? And words between the nodes on their way. */
bit known;
chan hints = [ALL + 1] of { byte, bit };     /* there is this entry; and: its sender has sent it again */

byte faults;               /* how many are to strike before timers fire again */
byte faultsLater;          /* and how many after that */
byte rounds;               /* of timers since the last fault */
bit finished;              /* everything is where it belongs, and every sender that is left knows it */

#ifdef NOTED_OUTSIDE_THE_TRANSACTION
bit noted;
#endif

/* ---- pieces of steps ------------------------------------------------------------------------------------------------ */

/* A hint for which there is no room is dropped, as any hint may be. */
inline hint(h, again)  { if :: len(hints) < ALL + 1 -> hints!h, again :: else fi }

/* ack:N goes to the sender's live session, and is a hint, too (§7). */
inline tell(t, what)
{
    if :: online[SENDER(t)] && len(toSender[SENDER(t)]) < MESSAGES + 2 -> toSender[SENDER(t)]!ackN, t, what :: else fi
}

inline append(a)
{
    last++;
    entry[last] = a;
    place[a] = last;
    printf("          the store has message %d, as entry %d\n", MESSAGE(a), last)
}

/*
 * The store's commit (§6): look up, number and write, in one. That it is one step is what the store promises; what comes of splitting
 * it is among the mistakes.
 */
inline commit(c, decided)
{
    if
    :: place[c] == 0 -> append(c); decided = fresh
    :: place[c] > cursor -> decided = duplicate
    :: else -> decided = confirmed
    fi
}

/* The device's cursor moves up and never down (§7). The senders are to be told; that is no part of the commit. */
inline confirm(upTo)
{
    do
    :: cursor < upTo && cursor < last ->
        cursor++;
        tell(entry[cursor], DELIVERED)
    :: else -> break
    od
}

/* ---- a sender (§11) -------------------------------------------------------------------------------------------------- */

/* The states of a message only rise: a weaker word that comes late changes nothing. */
inline raise(r, to)
{
#ifdef LAST_WORD_COUNTS
    must(fell, to >= state[r]);
    state[r] = to
#else
    if :: to > state[r] -> state[r] = to :: else fi
#endif
}

inline send(k)
{
#ifdef ID_REMADE_ON_RESEND
    toServer[SENDER(k)]!msgR, (tried[k] -> k + ALL : k);
    tried[k] = 1;
#else
    toServer[SENDER(k)]!msgR, k;
#endif
    printf("msg:R     sender %d sends message %d\n", SENDER(k), k)
}

/* The sender's timers. After msg:A and without ack:N, msg:R goes out again; of what is stored the status is asked (§11). */
inline fire(f)
{
    if
#ifndef NEVER_SENT_AGAIN
    :: state[f] == ACCEPTED -> send(f)
#endif
#ifndef NEVER_ASKED_AFTER_STORED
    :: state[f] == STORED -> toServer[SENDER(f)]!statusR, f
#endif
#ifdef RESUMED_WHERE_IT_LEFT_OFF
    :: state[f] == WAITING && f < FIRST_OF(SENDER(f)) + next[SENDER(f)] -> send(f)
#endif
    :: else
    fi
}

proctype Sender(byte me)
{
    byte m, word;
end:
    do
    /* Hello and Welcome. What has no msg:A goes out again from the first on, in order; of the rest the status is asked. */
    :: d_step { !online[me] && !gone[me] ->
        online[me] = 1;
        printf("sender %d connects\n", me);
        m = FIRST_OF(me);
        do
        :: m < FIRST_OF(me + 1) ->
            if :: state[m] == ACCEPTED || state[m] == STORED -> toServer[me]!statusR, m :: else fi;
            m++
        :: else -> break
        od;
        m = 0 }

    /* msg:R, in the order in which the messages were written; those behind need not wait for the msg:A of those before. */
    :: d_step { online[me] && next[me] < MESSAGES && nfull(toServer[me]) ->
        m = FIRST_OF(me) + next[me];
        if :: state[m] == WAITING -> send(m) :: else fi;
        next[me]++;
        m = 0 }

    /* Answers, and their durable note: to die between the two is the same as not to get the answer. */
    :: d_step { toSender[me]?msgA, m, word ->
        printf("msg:A     sender %d hears that message %d is accepted\n", me, MESSAGE(m));
        must(lied, place[m] != 0);
        raise(MESSAGE(m), ACCEPTED);
        m = 0; word = 0 }

    :: d_step { toSender[me]?ackN, m, word ->
        printf("ack:N     sender %d hears of message %d: state %d\n", me, MESSAGE(m), word);
#ifdef STORED_TAKEN_FOR_DELIVERED
        word = DELIVERED;
#endif
        must(lied, place[m] != 0);
        must(lied, word != DELIVERED || handled[MESSAGE(m)] > 0);
        raise(MESSAGE(m), word);
        m = 0; word = 0 }

    :: d_step { toSender[me]?statusA, m, word ->
        printf("status:A  sender %d hears of message %d: state %d\n", me, MESSAGE(m), word);
        must(lost, word != WAITING);
        must(lied, word != DELIVERED || handled[MESSAGE(m)] > 0);
        raise(MESSAGE(m), word);
        m = 0; word = 0 }
    od
}

/* ---- the server: a sender's session (§5, §6) -------------------------------------------------------------------------- */

proctype RequestLine(byte s)
{
    byte m;
    mtype decided;
end:
    do
    /*
     * msg:R is read and committed. Reading alone would be seen by nobody: what is read and not committed is, for all others, still on
     * its way; what a session had read when its connection was lost is among what it has left.
     */
    :: d_step { nfull(unanswered[s]) && toServer[s]?[msgR, m] -> toServer[s]?msgR, m;
#ifdef ANSWERED_BEFORE_THE_COMMIT
        if :: nfull(toSender[s]) -> toSender[s]!msgA, m, 0 :: full(toSender[s]) fi;
        decided = undecided;
#elif defined(LOOKED_UP_OUTSIDE_THE_COMMIT)
        if :: place[m] == 0 -> decided = undecided :: place[m] > cursor -> decided = duplicate :: else -> decided = confirmed fi;
#else
        commit(m, decided);
#endif
        unanswered[s]!m, decided;
        m = 0; decided = 0 }

    /* msg:A, and a word to the router; or ack:N at once, if it has been confirmed. The server may have died since the commit. */
    :: d_step { len(toSender[s]) <= MESSAGES && unanswered[s]?[m, decided] -> unanswered[s]?m, decided;
#ifdef ANSWERED_BEFORE_THE_COMMIT
        commit(m, decided);
#else
#ifdef LOOKED_UP_OUTSIDE_THE_COMMIT
        if :: decided == undecided -> append(m); decided = fresh :: else fi;
#endif
        toSender[s]!msgA, m, 0;
#endif
        printf("          message %d is answered\n", MESSAGE(m));
        if
        :: decided == confirmed -> tell(m, DELIVERED)
        :: else -> hint(m, decided == duplicate)
        fi;
        m = 0; decided = 0 }

    /* What a session that has ended left behind is decided as well, at any later time, and answered to nobody. */
    :: d_step { left[s]?m, decided ->
#ifdef LOOKED_UP_OUTSIDE_THE_COMMIT
        if :: decided == undecided -> append(m); decided = fresh :: else fi;
#else
        if :: decided == undecided -> commit(m, decided) :: else fi;
#endif
        if :: decided == confirmed :: else -> hint(m, decided == duplicate) fi;
        m = 0; decided = 0 }

    /* A question is answered from the store (§8). */
    :: d_step { nfull(toSender[s]) && toServer[s]?[statusR, m] -> toServer[s]?statusR, m;
        if
        :: place[m] == 0 -> toSender[s]!statusA, m, WAITING
        :: place[m] > cursor -> toSender[s]!statusA, m, ACCEPTED
        :: else -> toSender[s]!statusA, m, DELIVERED
        fi;
        m = 0 }
    od
}

/* ---- the server: the router (§7) ---------------------------------------------------------------------------------------- */

proctype Router()
{
    byte m;
    bit again;
end:
    do
    /*
     * There is an entry. A session that is known hears of it; an orphan hears in vain. If none is known, the sender is told so: the
     * forged ack:N, which says that it is one.
     */
    :: d_step { hints?m, again ->
        if
        :: known ->
            printf("          the recipient's session hears of message %d\n", MESSAGE(m));
            if
            :: session == live && again && confirmedHere < place[m] && place[m] <= sent && len(toRecipient) < WINDOW + 2 ->
                toRecipient!msgN, place[m]
            :: else
            fi;
            if :: (session == opening || session == live) && heard < place[m] -> heard = place[m] :: else fi
        :: else ->
            printf("          the router knows of no session for message %d\n", MESSAGE(m));
#ifdef FORGED_WITHOUT_SAYING_SO
            tell(m, DELIVERED)
#else
            tell(m, STORED)
#endif
        fi;
        m = 0; again = 0 }
    od
}

/* ---- the server: the recipient's session (§4, §5, §7) -------------------------------------------------------------------- */

proctype RecipientSession()
{
    byte n;
end:
    do
    /* Hello: the router learns of the session first, and takes it for the device's only one. */
    :: d_step { fromRecipient?hello, n ->
        session = opening;
        printf("hello     the recipient's session begins; cursor %d\n", n);
        known = 1;
        heard = 0;
#ifdef RESUMED_AFTER_WHAT_WAS_NOTIFIED
        if :: n > sent -> sent = n :: else fi;
#else
        sent = n;
#endif
        confirmedHere = n;
        n = 0 }

    /* Then the store is asked, and the cursor in Hello is an ack:R. What has been appended in between was heard of. */
    :: d_step { session == opening ->
        session = live;
        confirm(confirmedHere);
        if :: heard < last -> heard = last :: else fi;
        toRecipient!welcome, sent }

    /* msg:N: the next entry, if it fits the window. It is read from the store or comes with the hint, which is the same here. */
    :: d_step { session == live && sent < heard && sent - confirmedHere < WINDOW && nfull(toRecipient) ->
        sent++;
        toRecipient!msgN, sent;
        printf("msg:N     entry %d is sent\n", sent) }

    /* ack:R is committed and answered. To die between the two is the same as to lose the ack:A. */
    :: d_step { fromRecipient?ackR, n ->
        confirm(n);
        printf("ack:R     the store has the recipient's cursor %d\n", n);
        if :: confirmedHere < n -> confirmedHere = n :: else fi;
        if :: sent < n -> sent = n :: else fi;
        if :: empty(toRecipient) -> toRecipient!ackA, cursor :: nempty(toRecipient) fi;
        n = 0 }

    /* An ack:R that an ended session had read. */
    :: d_step { leftAck > 0 -> confirm(leftAck); leftAck = 0 }

    /* The server finds that the connection has gone. */
    :: d_step { session == orphan -> session = none; known = 0; printf("          the server finds the recipient gone\n") }
    od
}

/* ---- the recipient's client (§5, §11) -------------------------------------------------------------------------------------- */

/* What the server had read of the connection stays with it, the rest is lost; so is all that was on its way to the client. */
inline recipient_loses_its_connection()
{
    connected = 0; welcomed = 0; owed = 0;
    do
    :: fromRecipient?[ackR, _] -> fromRecipient?ackR, leftAck
    :: break
    od;
    skip;
    d_step {
        if :: leftAck <= cursor -> leftAck = 0 :: else fi;
        do :: fromRecipient?_, _ :: empty(fromRecipient) -> break od;
        do :: toRecipient?_, _ :: empty(toRecipient) -> break od;
        if :: session == opening || session == live -> session = orphan :: else fi;
#ifndef RESUMED_AFTER_WHAT_WAS_NOTIFIED
        sent = 0;
#endif
        confirmedHere = 0; heard = 0
    }
}

proctype Recipient()
{
    byte n;
end:
    do
    /* Hello says where the inbox stands. */
    :: d_step { !connected -> connected = 1; fromRecipient!hello, committed }

    /* A stream that resumes beyond what has been received skips entries. */
    :: d_step { toRecipient?welcome, n ->
        welcomed = 1;
        printf("welcome   the recipient's stream resumes after %d\n", n);
        must(lost, n <= received);
        n = 0 }

    /* msg:N (the table of §5). */
    :: d_step { toRecipient?msgN, n ->
        if
        :: n <= committed -> owed = 1
        :: n > committed && n <= received
        :: n == received + 1 -> received = n; printf("          the recipient takes entry %d\n", n)
        :: n > received + 1 -> must(lost, false)
        fi;
        n = 0 }

    /* The application's effect, the seen id and the cursor: one transaction of its database. */
    :: d_step { committed < received &&
#ifdef NOTED_OUTSIDE_THE_TRANSACTION
        !noted ->
        noted = 1;
#else
        true ->
#endif
        n = MESSAGE(entry[committed + 1]);
        handled[n]++;
        printf("          the application handles message %d\n", n);
        must(doubled, handled[n] == 1);
        must(reordered, n == FIRST_OF(SENDER(n)) || handled[n - 1] > 0);
        n = 0;
#ifdef NOTED_OUTSIDE_THE_TRANSACTION
        }
    :: d_step { noted ->
        noted = 0;
#endif
        committed++;
        owed = 1 }

    /* ack:R, as late as one likes; one confirms all before it. */
    :: d_step { owed && welcomed && nfull(fromRecipient) ->
        owed = 0;
#ifdef CONFIRMED_BEFORE_THE_COMMIT
        fromRecipient!ackR, received }
#else
        fromRecipient!ackR, committed }
#endif

    /* ack:A asks for nothing. */
    :: d_step { toRecipient?ackA, n ->
        must(lied, n <= committed);
#ifdef ACK_A_CONFIRMED_AGAIN
        owed = 1;
#endif
        n = 0 }
    od
}

/* ---- faults ------------------------------------------------------------------------------------------------------------------ */

/* The session is compared with the store, and the router is told of it again (§12). */
inline beat() { known = 1; heard = last }

inline strike() { faults--; rounds = 0 }

/* All that the server's nodes know of a sender, and all that is on its way between them. */
inline lose_all_of(s)
{
    do :: unanswered[s]?_, _ :: empty(unanswered[s]) -> break od;
    do :: left[s]?_, _ :: empty(left[s]) -> break od;
    do :: toServer[s]?_, _ :: empty(toServer[s]) -> break od;
    do :: toSender[s]?_, _, _ :: empty(toSender[s]) -> break od;
#ifndef RESUMED_WHERE_IT_LEFT_OFF
    next[s] = 0;
#endif
    online[s] = 0
}

/*
 * A sender's connection is lost. What has been decided is left to the server; of what was on its way the server may have read any first
 * part, which is left to the store. A sender that crashes is the same: all that it knows is durable, and the rest is made anew by Welcome. What there is no room to leave is lost, as with a node.
 */
inline sender_loses_its_connection(s)
{
    online[s] = 0;
    do
    :: nfull(left[s]) && unanswered[s]?[_, _] -> unanswered[s]?m, decided; left[s]!m, decided
    :: full(left[s]) || empty(unanswered[s]) -> break
    od;
    do
    :: nfull(left[s]) && toServer[s]?[msgR, _] -> toServer[s]?msgR, m;
#ifdef LOOKED_UP_OUTSIDE_THE_COMMIT
        if :: place[m] == 0 -> decided = undecided :: place[m] > cursor -> decided = duplicate :: else -> decided = confirmed fi;
        left[s]!m, decided
#else
        left[s]!m, undecided
#endif
    :: toServer[s]?[statusR, _] -> toServer[s]?statusR, m
    :: break
    od;
    skip;
    d_step {
        do :: unanswered[s]?_, _ :: empty(unanswered[s]) -> break od;
        do :: toServer[s]?_, _ :: empty(toServer[s]) -> break od;
        do :: toSender[s]?_, _, _ :: empty(toSender[s]) -> break od;
#ifndef RESUMED_WHERE_IT_LEFT_OFF
        next[s] = 0;
#endif
        m = 0; decided = 0
    }
}

proctype SenderFate(byte s)
{
    byte m;
    mtype decided;
end:
    do
    /* The connection is lost, or the sender dies and starts again. */
    :: atomic { faults > 0 && online[s] -> strike();
        printf("FAULT     sender %d loses its connection, or crashes\n", s);
        sender_loses_its_connection(s) }

    /* The sender is gone for ever. */
    :: atomic { faults > 0 && online[s] -> strike();
        printf("FAULT     sender %d is gone for ever\n", s);
        gone[s] = 1;
        sender_loses_its_connection(s) }

    /* The node that has the session dies, at any point between the commit and the packet; the others do not. */
    :: d_step { faults > 0 && online[s] -> strike();
        printf("FAULT     the node of sender %d dies\n", s);
        lose_all_of(s) }

    /* A word from another node to this one, which would have become an ack:N, is lost. */
    :: d_step { faults > 0 && toSender[s]?[ackN, _, _] -> strike();
        toSender[s]?ackN, _, _;
        printf("FAULT     a word to sender %d is lost\n", s) }

    /* A timer fires although an answer is on its way. */
    :: atomic { faults > 0 && online[s] && empty(toServer[s]) ->
        strike();
        printf("FAULT     a timer of sender %d fires early\n", s);
        m = FIRST_OF(s);
        do
        :: m < FIRST_OF(s + 1) - 1 -> m++
        :: break
        od;
        fire(m);
        m = 0 }
    od
}

proctype Fate()
{
    byte s;
end:
    do
    /* The recipient's connection is lost. */
    :: atomic { faults > 0 && connected -> strike();
        printf("FAULT     the recipient loses its connection\n");
        recipient_loses_its_connection() }

    /* The recipient dies and starts again: what it had not committed it has not received. */
    :: atomic { faults > 0 && connected -> strike();
        printf("FAULT     the recipient crashes\n");
        recipient_loses_its_connection();
        received = committed
#ifdef NOTED_OUTSIDE_THE_TRANSACTION
        ; noted = 0
#endif
        }

    /*
     * The server dies, with all its nodes, and starts again. A confirmation needs no sync of its own (§7: losing it costs a resend), so
     * that the cursor may fall back with the power; here even further than the last sync allows.
     */
    :: atomic { faults > 0 -> strike();
        printf("FAULT     the server crashes\n");
        d_step {
            do
            :: s < SENDERS -> lose_all_of(s); s++
            :: else -> break
            od;
            s = 0
        };
        recipient_loses_its_connection();
        do :: hints?_, _ :: empty(hints) -> break od;
        session = none; known = 0; leftAck = 0;
        do :: cursor > 0 -> cursor-- :: break od }

    /* A word between nodes is lost, or the node whose router knew of the recipient's session. */
    :: d_step { faults > 0 && nempty(hints) -> strike(); hints?_, _; printf("FAULT     the word of a new entry is lost\n") }
    :: d_step { faults > 0 && known -> strike(); known = 0; printf("FAULT     the router forgets the recipient's session\n") }

    /* The heartbeat comes early. */
    :: d_step { faults > 0 && session == live -> strike(); beat(); printf("FAULT     the heartbeat comes early\n") }
    od
}

/* ---- time -------------------------------------------------------------------------------------------------------------------------- */

/*
 * Timers are longer than anything else takes: all that are due fire together, when nothing else can happen. (One that fires earlier is a
 * fault, above.) `timeout` is spin's word for that moment. Faults that are to strike have struck by then, and more may be let loose.
 */
proctype Clock()
{
    byte m;
    bit waits;
end:
    do
    :: atomic { timeout ->
        d_step {
            waits = committed != last || cursor != last;
            m = 0;
            do
            :: m < ALL -> waits = waits || (!gone[SENDER(m)] && state[m] != DELIVERED); m++
            :: else -> break
            od
        };
        if
        :: !waits -> break
        :: else
        fi;
        must(stuck, rounds < ROUNDS);
        printf("TIME      the timers fire\n");
        d_step {
            rounds++;
            m = 0;
            do
            :: m < ALL ->
                if :: online[SENDER(m)] -> fire(m) :: else fi;
                m++
            :: else -> break
            od;
            m = 0;
            waits = 0;
#ifndef NO_HEARTBEAT
            if :: session == live -> beat() :: else fi
#endif
        };
        do :: faultsLater > 0 -> faultsLater--; faults++ :: break od }
    od;

    atomic {
        m = 0;
        do
        :: m < ALL -> must(lost, state[m] == WAITING || handled[m] == 1); m++
        :: else -> break
        od;
        m = 0;
        finished = 1
    }
}

/* Whatever happens, everything comes to its end: no run goes on for ever without it, with no assumption about who has his turn when. */
ltl comes_to_its_end { <> finished }

init
{
    atomic {
        do
        :: faults + faultsLater < FAULTS -> faults++
        :: faults + faultsLater < FAULTS -> faultsLater++
        :: break
        od;

        byte s;
        for (s : 0 .. SENDERS - 1) { online[s] = 1; run Sender(s); run RequestLine(s); run SenderFate(s) }
        s = 0;
        run Router();
        run RecipientSession();
        run Recipient();
        run Fate();
        run Clock()
    }
}
