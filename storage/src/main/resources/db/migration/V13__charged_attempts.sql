-- A start puts on record which attempts it is about to charge as interrupted, before it does. A batch of the process before it
-- that was sent and not yet carried out may still come: what it brings of these attempts is then not a second event.

-- One row for each attempt, of the last start that charged it. Holds what died with a process and nothing else.
CREATE TABLE charged_attempts (
    node text NOT NULL,
    call_id text NOT NULL,
    attempt integer NOT NULL,
    epoch bigint NOT NULL,
    PRIMARY KEY (node, call_id, attempt)
);
GRANT SELECT ON charged_attempts TO weir_auditor;

-- What charge_attempts sees, which runs as the owner and alone sets this; nobody else gains by it.
CREATE POLICY charging ON usage_events FOR SELECT TO weir_owner USING (current_setting('weir.charging', true) = 'yes');

-- Batches of a node hold this lock together, a start that charges holds it alone: it waits for what is being carried out, and
-- what is carried out after it knows what it charged.
CREATE FUNCTION lock_of_batches(of_node text, OUT kind integer, OUT name integer)
    LANGUAGE sql STABLE AS $$ SELECT hashtext('weir.batches'), hashtext(of_node) $$;

-- Charges attempts in a later epoch than `former_epochs`, whose events the start has up to `former_seqs`. Returns the positions
-- of those that are not charged, because an event of them is stored: it is looked for where the start is in doubt, or where more
-- is stored than it has. Reads the days of the attempts then.
CREATE FUNCTION charge_attempts(of_node text, in_epoch bigint, call_ids text[], attempts integer[], days date[],
    former_epochs bigint[], former_seqs bigint[], in_doubt boolean) RETURNS SETOF bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = weir, pg_temp AS $$
DECLARE
    of_batches record := weir.lock_of_batches(of_node);
    stored bigint[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(of_batches.kind, of_batches.name);
    IF in_doubt OR EXISTS (SELECT FROM unnest(former_epochs, former_seqs) AS former (epoch, seq)
            JOIN weir.watermarks AS mark ON mark.node = of_node AND mark.epoch = former.epoch WHERE mark.seq > former.seq) THEN
        PERFORM set_config('weir.charging', 'yes', true);
        stored := ARRAY(SELECT wanted.position
            FROM unnest(call_ids, attempts) WITH ORDINALITY AS wanted (call_id, attempt, position)
            WHERE (wanted.call_id, wanted.attempt) IN (
                SELECT call_id, attempt FROM weir.usage_events WHERE day = ANY (days) AND call_id = ANY (call_ids)));
        PERFORM set_config('weir.charging', '', true);
    END IF;
    INSERT INTO weir.charged_attempts AS known (node, call_id, attempt, epoch)
    SELECT of_node, call_id, attempt, in_epoch
    FROM unnest(call_ids, attempts) WITH ORDINALITY AS wanted (call_id, attempt, position)
    WHERE wanted.position <> ALL (stored)
    ON CONFLICT (node, call_id, attempt) DO UPDATE SET epoch = greatest(known.epoch, excluded.epoch);
    RETURN QUERY SELECT unnest(stored);
END $$;

-- The attempts that later epochs of a node than `after` have charged. A start that never came so far as to keep anything has
-- charged nothing, unless it is the one that is starting now.
CREATE FUNCTION charged_attempts_after(of_node text, after bigint)
    RETURNS TABLE (call_id text, attempt integer, epoch bigint)
    LANGUAGE sql STABLE AS $$
    SELECT charged.call_id, charged.attempt, charged.epoch
    FROM weir.charged_attempts AS charged JOIN weir.epochs AS start USING (node, epoch)
    WHERE node = of_node AND epoch > after
        AND (start.started_at IS NOT NULL
            OR epoch = (SELECT max(latest.epoch) FROM weir.epochs AS latest WHERE latest.node = of_node))
$$;

-- Which of these events of a node's epoch are of attempts that a later epoch of the node has charged as interrupted, or is about
-- to; the arrays have an element for each event. An attempt's events are all of one moment, so the partitions of the batch's days
-- are enough, and each is searched once for all calls. Usage that was told later (flag 64, usage_deferred) is one more event of
-- its attempt on purpose.
CREATE FUNCTION superseded_of_former(of_node text, of_epoch bigint, seqs bigint[], call_ids text[], attempts integer[],
    times timestamptz[], flag_bits integer[]) RETURNS SETOF bigint
    LANGUAGE sql STABLE AS $$
    WITH charged AS MATERIALIZED (
        SELECT call_id, attempt FROM weir.usage_events
        WHERE outcome = 'interrupted' AND node = of_node AND call_id = ANY (call_ids) AND epoch > of_epoch
            AND day BETWEEN (SELECT min((time AT TIME ZONE 'UTC')::date) FROM unnest(times) AS time)
                AND (SELECT max((time AT TIME ZONE 'UTC')::date) FROM unnest(times) AS time)
        UNION ALL
        SELECT call_id, attempt FROM weir.charged_attempts_after(of_node, of_epoch) WHERE call_id = ANY (call_ids)
    )
    SELECT seq FROM unnest(seqs, call_ids, attempts, flag_bits) AS late (seq, call_id, attempt, bits)
    WHERE bits & 64 = 0 AND (call_id, attempt) IN (SELECT call_id, attempt FROM charged)
$$;

-- The same for any epoch; the latest of a node has nobody after it. Each of its statements sees what was committed when it began,
-- not when the batch's did: a start that charged while the batch waited for the lock is seen.
CREATE OR REPLACE FUNCTION superseded(of_node text, of_epoch bigint, seqs bigint[], call_ids text[], attempts integer[],
    times timestamptz[], flag_bits integer[]) RETURNS SETOF bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = weir, pg_temp AS $$
DECLARE
    of_batches record := weir.lock_of_batches(of_node);
BEGIN
    PERFORM pg_advisory_xact_lock_shared(of_batches.kind, of_batches.name);
    IF of_epoch < (SELECT max(epoch) FROM weir.epochs WHERE node = of_node) THEN
        RETURN QUERY SELECT * FROM weir.superseded_of_former(of_node, of_epoch, seqs, call_ids, attempts, times, flag_bits);
    END IF;
END $$;

REVOKE ALL ON FUNCTION lock_of_batches(text), charged_attempts_after(text, bigint),
    charge_attempts(text, bigint, text[], integer[], date[], bigint[], bigint[], boolean),
    superseded_of_former(text, bigint, bigint[], text[], integer[], timestamptz[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION charge_attempts(text, bigint, text[], integer[], date[], bigint[], bigint[], boolean) TO weir_ingest;
GRANT EXECUTE ON FUNCTION charged_attempts_after(text, bigint) TO weir_auditor;
