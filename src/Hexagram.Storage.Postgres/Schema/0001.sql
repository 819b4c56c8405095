-- Version 1: mailboxes, their entries and devices, and what decides about them. Names are looked for in the store's own schema.
-- Times are milliseconds since the Unix epoch; names of users and devices compare byte by byte, so that all nodes lock in the same order.

-- The histories of this store, the oldest first; few.
CREATE TABLE epochs (
    ordinal integer PRIMARY KEY,
    epoch bigint NOT NULL UNIQUE,
    begun_at bigint NOT NULL
);

-- Its row is a mailbox's lock: who changes anything of the mailbox holds it until the commit.
CREATE TABLE mailboxes (
    user_id text COLLATE "C" PRIMARY KEY,
    last bigint NOT NULL DEFAULT 0,
    first_available bigint NOT NULL DEFAULT 1,
    -- The oldest entry of which at least the id is left.
    first_kept bigint NOT NULL DEFAULT 1,
    -- The highest id time among forgotten ids; negative when none was forgotten.
    forgotten_mark bigint NOT NULL DEFAULT -1,
    -- How many available entries no device has confirmed.
    unconfirmed bigint NOT NULL DEFAULT 0,
    -- What some device has confirmed, among the available ones.
    delivered int8multirange NOT NULL DEFAULT '{}',
    -- The first number in each later epoch: parallel, in order.
    branch_ordinals integer[] NOT NULL DEFAULT '{}',
    branch_firsts bigint[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);

CREATE TABLE devices (
    user_id text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    start bigint NOT NULL,
    cursor bigint NOT NULL,
    seen_at bigint NOT NULL,
    PRIMARY KEY (user_id, device)
) WITH (fillfactor = 70);

-- An entry and its id. The content is NULL when the entry is forgotten and its id must still be known.
CREATE TABLE entries (
    user_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    sender text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    fingerprint uuid NOT NULL,
    accepted_at bigint NOT NULL,
    -- NULL: the content is text.
    content_type text COLLATE "C",
    content bytea,
    PRIMARY KEY (user_id, sequence),
    UNIQUE (user_id, sender, id)
);

-- How many mailboxes a sender has brought into being on a day, counted from the Unix epoch.
CREATE TABLE senders (
    user_id text COLLATE "C" PRIMARY KEY,
    day integer NOT NULL,
    count integer NOT NULL
) WITH (fillfactor = 70);

-- Each function plans without statistics: tables begin empty, and a plan made then must not become a walk over millions.

-- The first command of each batch: makes the mailboxes that are missing and locks all of them, in the order of their names. What follows
-- in the batch are commands of their own, so each sees what was committed before the locks were had. Says the present epoch.
CREATE FUNCTION take(p_users text[], p_created text[], OUT ordinal integer, OUT epoch bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    INSERT INTO mailboxes (user_id)
    SELECT u FROM unnest(p_created) AS u
    WHERE NOT EXISTS (SELECT FROM mailboxes AS m WHERE m.user_id = u)
    ORDER BY u COLLATE "C"
    ON CONFLICT DO NOTHING;

    PERFORM FROM mailboxes AS m WHERE m.user_id = ANY (p_users) ORDER BY m.user_id FOR NO KEY UPDATE;

    SELECT e.ordinal, e.epoch INTO ordinal, epoch FROM epochs AS e ORDER BY e.ordinal DESC LIMIT 1;
END $$;

-- Takes back the mailboxes that this transaction made for nothing. Nobody else can have seen them.
CREATE FUNCTION leave_out(p_users text[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    DELETE FROM mailboxes AS m
    WHERE m.user_id = ANY (p_users) AND m.last = 0 AND m.xmin = pg_current_xact_id()::xid
        AND NOT EXISTS (SELECT FROM devices AS d WHERE d.user_id = m.user_id);
END $$;

-- Decides items in their order, appends what is new, and says what became of each. Mailboxes are locked by take().
--   boxes: the recipients, each once; senders: each once
--   keys: what de-duplication goes by (recipient, sender, id), each once; pairs number recipient and sender
--   lanes: one session's order to one recipient; the id and the code that it waits for, code 0 when it waits for nothing
--   items: what was asked
-- Outcomes: 0 new, 1 duplicate, 2 refused, 3 retry later. Codes are those of the protocol.
CREATE FUNCTION append(
    p_boxes text[], p_senders text[],
    p_key_box integer[], p_key_sender integer[], p_key_pair integer[], p_key_id uuid[], p_key_made bigint[],
    p_lane_head uuid[], p_lane_code integer[],
    p_item_key integer[], p_item_lane integer[], p_item_fingerprint uuid[], p_item_type text[], p_item_content bytea[],
    p_now bigint, p_skew bigint, p_unconfirmed_max bigint, p_sender_max bigint, p_created_max integer, p_full boolean,
    OUT outcomes integer[], OUT codes integer[], OUT sequences bigint[], OUT accepted bigint[], OUT delivered boolean[])
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    b_before bigint[]; b_last bigint[]; b_unconfirmed bigint[]; b_mark bigint[];
    k_sequence bigint[]; k_accepted bigint[]; k_fingerprint uuid[];
    x_count bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(p_key_id)]);
    x_new integer[] := array_fill(0, ARRAY[cardinality(p_key_id)]);
    s_count integer[];
    bringers text[];
    today integer := p_now / 86400000;
    ordinal_now integer := (SELECT max(e.ordinal) FROM epochs AS e);
    b integer; k integer; l integer; s integer; x integer; held integer; code integer; changed bigint;
BEGIN
    outcomes := array_fill(0, ARRAY[cardinality(p_item_key)]);
    codes := outcomes;
    sequences := array_fill(0::bigint, ARRAY[cardinality(p_item_key)]);
    accepted := sequences;
    delivered := array_fill(false, ARRAY[cardinality(p_item_key)]);

    SELECT array_agg(t.last), array_agg(t.unconfirmed), array_agg(t.mark) INTO b_last, b_unconfirmed, b_mark FROM (
        SELECT coalesce(m.last, 0) AS last, coalesce(m.unconfirmed, 0) AS unconfirmed, coalesce(m.forgotten_mark, -1) AS mark
        FROM unnest(p_boxes) WITH ORDINALITY AS box (u, n) LEFT JOIN mailboxes AS m ON m.user_id = box.u
        ORDER BY box.n) AS t;
    b_before := b_last;

    SELECT array_agg(t.sequence), array_agg(t.accepted_at), array_agg(t.fingerprint) INTO k_sequence, k_accepted, k_fingerprint FROM (
        SELECT e.sequence, e.accepted_at, e.fingerprint
        FROM unnest(p_key_box, p_key_sender, p_key_id) WITH ORDINALITY AS key (b, s, id, n)
        LEFT JOIN entries AS e ON e.user_id = p_boxes[key.b] AND e.sender = p_senders[key.s] AND e.id = key.id
        ORDER BY key.n) AS t;

    IF 0 = ANY (b_before) AND NOT p_full THEN
        -- Whoever may bring a mailbox into being here. Always after the mailboxes, and in order too.
        SELECT array_agg(DISTINCT p_senders[key.s]) INTO bringers FROM unnest(p_key_box, p_key_sender) AS key (b, s) WHERE b_before[key.b] = 0;
        INSERT INTO senders (user_id, day, count)
        SELECT u, today, 0 FROM unnest(bringers) AS u
        WHERE NOT EXISTS (SELECT FROM senders AS q WHERE q.user_id = u)
        ORDER BY u COLLATE "C"
        ON CONFLICT DO NOTHING;
        PERFORM FROM senders AS q WHERE q.user_id = ANY (bringers) ORDER BY q.user_id FOR NO KEY UPDATE;
        SELECT array_agg(t.count) INTO s_count FROM (
            SELECT CASE WHEN q.day = today THEN q.count ELSE 0 END AS count
            FROM unnest(p_senders) WITH ORDINALITY AS sender (u, n) LEFT JOIN senders AS q ON q.user_id = sender.u
            ORDER BY sender.n) AS t;
    END IF;

    FOR i IN 1 .. cardinality(p_item_key) LOOP
        k := p_item_key[i];
        b := p_key_box[k];
        l := p_item_lane[i];
        held := CASE WHEN p_lane_head[l] IS NOT DISTINCT FROM p_key_id[k] THEN 0 ELSE p_lane_code[l] END;
        IF k_sequence[k] IS NOT NULL THEN
            -- Asked before the lane: what stands already cannot overtake anything.
            IF k_fingerprint[k] = p_item_fingerprint[i] THEN
                outcomes[i] := 1;
                sequences[i] := k_sequence[k];
                accepted[i] := k_accepted[k];
                IF k_sequence[k] <= b_before[b] THEN
                    delivered[i] := (SELECT k_sequence[k] < m.first_available OR m.delivered @> k_sequence[k] FROM mailboxes AS m WHERE m.user_id = p_boxes[b]);
                END IF;
            ELSE
                outcomes[i] := 2;
                codes[i] := 3102;
            END IF;
            IF held = 0 THEN
                p_lane_head[l] := NULL;
                p_lane_code[l] := 0;
            END IF;
            CONTINUE;
        END IF;

        IF held <> 0 THEN
            outcomes[i] := 3;
            codes[i] := held;
            CONTINUE;
        END IF;

        -- A forgotten id first: what may have been accepted once must not be called refused because a clock was set back since.
        IF p_key_made[k] <= b_mark[b] THEN
            outcomes[i] := 2;
            codes[i] := 3103;
        ELSIF p_key_made[k] > p_now + p_skew THEN
            outcomes[i] := 2;
            codes[i] := 3104;
        ELSE
            x := p_key_pair[k];
            s := p_key_sender[k];
            code := 0;
            IF p_full THEN
                code := 1103;
            ELSIF b_unconfirmed[b] >= p_unconfirmed_max THEN
                code := 1100;
            ELSE
                IF b_unconfirmed[b] >= p_sender_max THEN
                    -- Fewer unconfirmed entries than one sender may have need not be counted by sender.
                    IF x_count[x] IS NULL THEN
                        x_count[x] := (
                            SELECT count(*)
                            FROM mailboxes AS m,
                                unnest(int8multirange(int8range(m.first_available, m.last + 1)) - m.delivered) AS gap,
                                LATERAL (SELECT FROM entries AS e
                                    WHERE e.user_id = p_boxes[b] AND e.sequence >= lower(gap) AND e.sequence < upper(gap) AND e.sender = p_senders[s]) AS its
                            WHERE m.user_id = p_boxes[b]);
                    END IF;
                    IF x_count[x] + x_new[x] >= p_sender_max THEN
                        code := 1101;
                    END IF;
                END IF;
                IF code = 0 AND b_last[b] = 0 THEN
                    IF coalesce(s_count[s], 0) >= p_created_max THEN
                        code := 1102;
                    ELSE
                        s_count[s] := coalesce(s_count[s], 0) + 1;
                    END IF;
                END IF;
            END IF;

            IF code = 0 THEN
                b_last[b] := b_last[b] + 1;
                b_unconfirmed[b] := b_unconfirmed[b] + 1;
                x_new[x] := x_new[x] + 1;
                k_sequence[k] := b_last[b];
                k_accepted[k] := p_now;
                k_fingerprint[k] := p_item_fingerprint[i];
                sequences[i] := b_last[b];
                accepted[i] := p_now;
            ELSE
                outcomes[i] := 3;
                codes[i] := code;
            END IF;
        END IF;

        p_lane_head[l] := CASE WHEN outcomes[i] = 3 THEN p_key_id[k] END;
        p_lane_code[l] := codes[i] * (outcomes[i] = 3)::integer;
    END LOOP;

    IF 0 = ANY (outcomes) THEN
        INSERT INTO entries (user_id, sequence, sender, id, fingerprint, accepted_at, content_type, content)
        SELECT p_boxes[p_key_box[item.k]], item.sequence, p_senders[p_key_sender[item.k]], p_key_id[item.k], item.fingerprint, p_now, item.content_type, item.content
        FROM unnest(p_item_key, outcomes, sequences, p_item_fingerprint, p_item_type, p_item_content) AS item (k, outcome, sequence, fingerprint, content_type, content)
        WHERE item.outcome = 0;

        UPDATE mailboxes AS m SET last = box.last, unconfirmed = box.unconfirmed
        FROM unnest(p_boxes, b_before, b_last, b_unconfirmed) AS box (u, before, last, unconfirmed)
        WHERE m.user_id = box.u AND m.last = box.before AND box.last > box.before;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed <> (SELECT count(*) FROM unnest(b_before, b_last) AS box (before, last) WHERE box.last > box.before) THEN
            RAISE EXCEPTION 'a mailbox changed although it was locked';
        END IF;

        IF ordinal_now > 0 THEN
            -- The first entry of this epoch is the branch point that a client with an older one goes back to.
            UPDATE mailboxes AS m SET branch_ordinals = m.branch_ordinals || ordinal_now, branch_firsts = m.branch_firsts || (box.before + 1)
            FROM unnest(p_boxes, b_before, b_last) AS box (u, before, last)
            WHERE m.user_id = box.u AND box.last > box.before AND coalesce(m.branch_ordinals[cardinality(m.branch_ordinals)], 0) < ordinal_now;
        END IF;

        UPDATE senders AS q SET day = today, count = sender.count
        FROM unnest(p_senders, s_count) AS sender (u, count)
        WHERE q.user_id = sender.u AND q.user_id = ANY (bringers) AND sender.count IS NOT NULL;
    END IF;

    IF 0 = ANY (b_last) AND NOT p_full THEN
        PERFORM leave_out(p_boxes);
    END IF;
END $$;

-- Moves a device's cursor and says what that delivers: at most so many, and then the cursor stops there. Without a place to move to, or with one beyond the
-- newest entry, the device was only heard of. The mailbox is locked by take().
CREATE FUNCTION move_cursor(
    p_user text, p_device text, p_up_to bigint, p_now bigint, p_most integer,
    OUT known boolean, OUT started bigint, OUT reached bigint, OUT senders text[], OUT ids uuid[], OUT sequences bigint[])
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    box mailboxes;
    place devices;
    was devices;
    newly integer;
BEGIN
    SELECT * INTO box FROM mailboxes AS m WHERE m.user_id = p_user;
    SELECT * INTO place FROM devices AS d WHERE d.user_id = p_user AND d.device = p_device;
    known := place.user_id IS NOT NULL AND box.user_id IS NOT NULL;
    IF NOT known THEN
        RETURN;
    END IF;

    was := place;
    IF p_up_to <= box.last AND place.cursor < box.first_available - 1 THEN
        -- What is gone before the device got to it never counts as confirmed by it.
        place.start := box.first_available - 1;
        place.cursor := box.first_available - 1;
    END IF;

    IF p_up_to <= box.last AND p_up_to > place.cursor THEN
        SELECT array_agg(t.sender), array_agg(t.id), array_agg(t.sequence) INTO senders, ids, sequences FROM (
            SELECT e.sender, e.id, e.sequence
            FROM unnest(int8multirange(int8range(place.cursor + 1, p_up_to + 1)) - box.delivered) AS gap,
                LATERAL (SELECT f.sender, f.id, f.sequence FROM entries AS f
                    WHERE f.user_id = p_user AND f.sequence >= lower(gap) AND f.sequence < upper(gap)
                    ORDER BY f.sequence LIMIT p_most) AS e
            ORDER BY e.sequence LIMIT p_most) AS t;
        newly := coalesce(cardinality(sequences), 0);
        reached := CASE WHEN newly = p_most THEN sequences[newly] ELSE p_up_to END;
        IF newly > 0 THEN
            UPDATE mailboxes AS m
            SET unconfirmed = m.unconfirmed - newly, delivered = m.delivered + int8multirange(int8range(place.cursor + 1, reached + 1))
            WHERE m.user_id = p_user;
        END IF;
        place.cursor := reached;
        place.seen_at := p_now;
    ELSIF abs(p_now - place.seen_at) >= 3600000 THEN
        -- A device that only shows itself is remembered to within an hour: it saves a write for each Hello.
        place.seen_at := p_now;
    END IF;

    IF place IS DISTINCT FROM was THEN
        UPDATE devices AS d SET start = place.start, cursor = place.cursor, seen_at = place.seen_at WHERE d.user_id = p_user AND d.device = p_device;
    END IF;
    started := place.start;
    reached := place.cursor;
END $$;

-- Confirmations in their order; each of the present epoch moves its device's cursor.
CREATE FUNCTION confirm(p_users text[], p_devices text[], p_epochs bigint[], p_up_to bigint[], p_now bigint, p_most integer)
RETURNS TABLE (known boolean, reached bigint, senders text[], ids uuid[], sequences bigint[])
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    epoch_now bigint := (SELECT e.epoch FROM epochs AS e ORDER BY e.ordinal DESC LIMIT 1);
BEGIN
    FOR i IN 1 .. cardinality(p_users) LOOP
        SELECT c.known, c.reached, c.senders, c.ids, c.sequences INTO known, reached, senders, ids, sequences
        FROM move_cursor(p_users[i], p_devices[i], CASE WHEN p_epochs[i] = epoch_now THEN p_up_to[i] END, p_now, p_most) AS c;
        RETURN NEXT;
    END LOOP;
END $$;

-- A device begins or resumes its stream. The code is 0, or says why it may not.
CREATE FUNCTION open_device(
    p_user text, p_device text, p_epoch bigint, p_cursor bigint, p_latest boolean,
    p_now bigint, p_devices_max integer, p_unseen bigint, p_ranges_max integer, p_most integer,
    OUT code integer, OUT resume_after bigint, OUT reached bigint, OUT first_available bigint, OUT last bigint,
    OUT senders text[], OUT ids uuid[], OUT sequences bigint[])
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    box mailboxes;
    place devices;
    unseen devices;
    ordinal_of integer;
    oldest bigint;
    began bigint;
    confirms boolean := false;
BEGIN
    SELECT * INTO box FROM mailboxes AS m WHERE m.user_id = p_user;
    SELECT * INTO place FROM devices AS d WHERE d.user_id = p_user AND d.device = p_device;
    first_available := box.first_available;
    last := box.last;
    oldest := box.first_available - 1;
    code := 0;
    IF p_epoch = 0 THEN
        resume_after := coalesce(place.start, CASE WHEN p_latest THEN box.last ELSE oldest END);
    ELSE
        SELECT e.ordinal INTO ordinal_of FROM epochs AS e WHERE e.epoch = p_epoch;
        IF ordinal_of IS NULL THEN
            -- Numbers of an unknown history say nothing; so the stream goes back to where this one is certain.
            resume_after := least(p_cursor, coalesce(place.cursor, oldest));
        ELSIF ordinal_of = (SELECT max(e.ordinal) FROM epochs AS e) THEN
            resume_after := p_cursor;
            confirms := true;
            code := CASE WHEN p_cursor > box.last THEN 3004 ELSE 0 END;
        ELSE
            -- Up to the branch point the two histories are one.
            resume_after := least(p_cursor, box.last, (
                SELECT branch.first - 1 FROM unnest(box.branch_ordinals, box.branch_firsts) AS branch (ordinal, first)
                WHERE branch.ordinal > ordinal_of ORDER BY branch.ordinal LIMIT 1));
            confirms := true;
        END IF;
    END IF;

    IF code = 0 AND place.user_id IS NULL THEN
        IF (SELECT count(*) FROM devices AS d WHERE d.user_id = p_user) >= p_devices_max THEN
            -- The device unseen the longest makes room; what it confirmed stays in the mailbox's row, which must not grow for ever.
            SELECT * INTO unseen FROM devices AS d WHERE d.user_id = p_user ORDER BY d.seen_at, d.device LIMIT 1;
            IF p_now - unseen.seen_at > p_unseen AND (SELECT count(*) FROM unnest(box.delivered)) < p_ranges_max THEN
                DELETE FROM devices AS d WHERE d.user_id = p_user AND d.device = unseen.device;
            ELSE
                code := 3005;
            END IF;
        END IF;
        IF code = 0 THEN
            -- One that skipped history has had only what came later, and nobody here knows from where on: it confirms nothing yet.
            began := CASE WHEN p_latest THEN greatest(resume_after, oldest) ELSE oldest END;
            INSERT INTO devices (user_id, device, start, cursor, seen_at) VALUES (p_user, p_device, began, began, p_now);
        END IF;
    END IF;

    IF code <> 0 THEN
        PERFORM leave_out(ARRAY[p_user]);
        RETURN;
    END IF;

    SELECT c.started, c.reached, c.senders, c.ids, c.sequences INTO began, reached, senders, ids, sequences
    FROM move_cursor(p_user, p_device, CASE WHEN confirms THEN resume_after ELSE 0 END, p_now, p_most) AS c;
    resume_after := greatest(resume_after, began, oldest);
END $$;

-- The time part of an id.
CREATE FUNCTION made_at(p_id uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT least(('x' || translate(left(p_id::text, 13), '-', ''))::bit(48)::bigint, 253402300799999)
$$;

-- Forgets a bounded piece of one mailbox, the oldest first and without a hole. The mailbox is locked by take().
CREATE FUNCTION forget(
    p_user text, p_entries_before bigint, p_ids_before bigint, p_seen_since bigint, p_most integer,
    OUT entries_gone bigint, OUT ids_gone bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    box mailboxes;
    free_up_to bigint;
    entry_gone_up_to bigint;
    id_gone_up_to bigint;
BEGIN
    entries_gone := 0;
    ids_gone := 0;
    SELECT * INTO box FROM mailboxes AS m WHERE m.user_id = p_user;
    IF box.user_id IS NULL THEN
        RETURN;
    END IF;

    -- Up to where no device that was seen lately holds anything back.
    free_up_to := least(box.first_available - 1 + p_most, box.last, (SELECT min(d.cursor) FROM devices AS d WHERE d.user_id = p_user AND d.seen_at >= p_seen_since));
    entry_gone_up_to := greatest(box.first_available - 1, coalesce(
        (SELECT e.sequence - 1 FROM entries AS e
            WHERE e.user_id = p_user AND e.sequence >= box.first_available AND e.sequence <= free_up_to
                AND (e.accepted_at > p_entries_before OR NOT box.delivered @> e.sequence)
            ORDER BY e.sequence LIMIT 1),
        free_up_to));

    -- Ids go in sequence too: one that must stay keeps those after it.
    free_up_to := least(box.first_kept - 1 + p_most, entry_gone_up_to);
    id_gone_up_to := greatest(box.first_kept - 1, coalesce(
        (SELECT e.sequence - 1 FROM entries AS e
            WHERE e.user_id = p_user AND e.sequence >= box.first_kept AND e.sequence <= free_up_to
                AND (e.accepted_at > p_ids_before OR made_at(e.id) > p_ids_before)
            ORDER BY e.sequence LIMIT 1),
        free_up_to));
    entries_gone := entry_gone_up_to - (box.first_available - 1);
    ids_gone := id_gone_up_to - (box.first_kept - 1);
    IF entries_gone = 0 AND ids_gone = 0 THEN
        RETURN;
    END IF;

    UPDATE mailboxes AS m SET
        first_available = entry_gone_up_to + 1,
        first_kept = id_gone_up_to + 1,
        delivered = m.delivered * int8multirange(int8range(entry_gone_up_to + 1, NULL)),
        forgotten_mark = greatest(m.forgotten_mark, (
            SELECT max(made_at(e.id)) FROM entries AS e WHERE e.user_id = p_user AND e.sequence >= box.first_kept AND e.sequence <= id_gone_up_to))
    WHERE m.user_id = p_user;
    DELETE FROM entries AS e WHERE e.user_id = p_user AND e.sequence >= box.first_kept AND e.sequence <= id_gone_up_to;
    UPDATE entries AS e SET content = NULL, content_type = NULL
    WHERE e.user_id = p_user AND e.sequence > id_gone_up_to AND e.sequence >= box.first_available AND e.sequence <= entry_gone_up_to;
END $$;

-- A new history begins here.
CREATE FUNCTION begin_epoch(p_epoch bigint, p_now bigint, OUT ordinal integer, OUT epoch bigint)
LANGUAGE sql AS $$
    INSERT INTO epochs (ordinal, epoch, begun_at) SELECT coalesce(max(e.ordinal) + 1, 0), p_epoch, p_now FROM epochs AS e RETURNING ordinal, epoch
$$;
