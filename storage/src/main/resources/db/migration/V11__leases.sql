-- Leases: what is set aside of a cap for each node, so that nodes admit calls without asking each other (docs/leases.md).
--
-- Nobody writes these tables but the functions below, which run as weir_owner: for it alone there is a policy that lets it. Who
-- changes a row of leases holds the lock of the counter's row in caps; who takes several such locks takes them in the order of keys,
-- after the lock of a holder's row. So nobody waits in a circle.

-- What each node said last. Nothing is known to be lent to a node that is not in it.
CREATE TABLE lease_holders (
    node text PRIMARY KEY,
    epoch bigint NOT NULL,
    -- of the last message in that epoch; 0: an operator has given up what came before the epoch
    number bigint NOT NULL CHECK (number >= 0),
    spoken_at timestamptz NOT NULL,
    -- from then on the node has stopped spending from what it is lent, by its own clock too, which began to count before this one
    spends_until timestamptz NOT NULL
) WITH (fillfactor = 50);
GRANT SELECT ON lease_holders TO weir_auditor;

-- One row for each counter: the sums over its leases. Windows without end are from -infinity to infinity. A sum is numeric, so that
-- no amount makes it overflow.
CREATE TABLE caps (
    tenant text NOT NULL,
    limit_id text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    lent numeric NOT NULL DEFAULT 0,
    lost numeric NOT NULL DEFAULT 0,
    used numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, limit_id, scope, value, starts)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX caps_ends ON caps (ends);

-- What a node holds of a counter, all in the unit of the limit. epoch is of the start that wrote it; 0: of none, others noted what
-- the node has used.
CREATE TABLE leases (
    tenant text NOT NULL,
    limit_id text NOT NULL,
    scope text NOT NULL,
    value text NOT NULL,
    starts timestamptz NOT NULL,
    node text NOT NULL,
    ends timestamptz NOT NULL,
    epoch bigint NOT NULL,
    lent bigint NOT NULL CHECK (lent >= 0),
    lost bigint NOT NULL CHECK (lost >= 0),
    used bigint NOT NULL,
    PRIMARY KEY (tenant, limit_id, scope, value, starts, node),
    FOREIGN KEY (tenant, limit_id, scope, value, starts) REFERENCES caps ON DELETE CASCADE
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX leases_node ON leases (node, ends);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['caps', 'leases'] LOOP
        EXECUTE format('ALTER TABLE weir.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE weir.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON weir.%I FOR SELECT TO weir_app'
            ' USING (tenant = nullif(current_setting(''weir.tenant'', true), ''''))', name);
        EXECUTE format('CREATE POLICY all_tenants ON weir.%I FOR SELECT TO weir_auditor USING (true)', name);
        EXECUTE format('CREATE POLICY functions ON weir.%I TO weir_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT ON weir.%I TO weir_app, weir_auditor', name);
    END LOOP;
END
$$;

-- The row of a counter, locked to the end of the transaction; made where there is none.
CREATE FUNCTION lock_cap(of_tenant text, of_limit text, of_scope text, of_value text, starting timestamptz, ending timestamptz)
    RETURNS caps LANGUAGE plpgsql SET search_path = weir, pg_temp AS $$
DECLARE
    cap caps;
BEGIN
    SELECT * INTO cap FROM caps
    WHERE tenant = of_tenant AND limit_id = of_limit AND scope = of_scope AND value = of_value AND starts = starting
    FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO caps (tenant, limit_id, scope, value, starts, ends)
        VALUES (of_tenant, of_limit, of_scope, of_value, starting, ending)
        ON CONFLICT (tenant, limit_id, scope, value, starts) DO UPDATE SET ends = excluded.ends
        RETURNING * INTO cap;
    END IF;
    RETURN cap;
END
$$;
REVOKE ALL ON FUNCTION lock_cap(text, text, text, text, timestamptz, timestamptz) FROM PUBLIC;

-- Writes what a node holds of a counter whose row the caller has locked, and moves the sums by the difference.
CREATE FUNCTION set_lease(cap caps, of_node text, of_epoch bigint, now_lent bigint, now_lost bigint, now_used bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = weir, pg_temp AS $$
DECLARE
    was leases;
BEGIN
    SELECT * INTO was FROM leases
    WHERE tenant = cap.tenant AND limit_id = cap.limit_id AND scope = cap.scope AND value = cap.value AND starts = cap.starts
        AND node = of_node;
    IF FOUND THEN
        UPDATE leases SET epoch = of_epoch, lent = now_lent, lost = now_lost, used = now_used
        WHERE tenant = cap.tenant AND limit_id = cap.limit_id AND scope = cap.scope AND value = cap.value AND starts = cap.starts
            AND node = of_node;
    ELSE
        INSERT INTO leases (tenant, limit_id, scope, value, starts, node, ends, epoch, lent, lost, used)
        VALUES (cap.tenant, cap.limit_id, cap.scope, cap.value, cap.starts, of_node, cap.ends, of_epoch, now_lent, now_lost,
            now_used);
    END IF;
    UPDATE caps SET lent = lent + now_lent - coalesce(was.lent, 0), lost = lost + now_lost - coalesce(was.lost, 0),
        used = used + now_used - coalesce(was.used, 0)
    WHERE tenant = cap.tenant AND limit_id = cap.limit_id AND scope = cap.scope AND value = cap.value AND starts = cap.starts;
END
$$;
REVOKE ALL ON FUNCTION set_lease(caps, text, bigint, bigint, bigint, bigint) FROM PUBLIC;

-- Places for calls in flight are no record of anything: a node that may not spend from its leases any more holds none. Returns the
-- counter's row as it is then; the caller has locked it.
CREATE FUNCTION free_places(cap caps, but_of text, moment timestamptz) RETURNS caps
    LANGUAGE plpgsql SET search_path = weir, pg_temp AS $$
DECLARE
    gone leases;
BEGIN
    FOR gone IN
        SELECT * FROM leases AS l
        WHERE tenant = cap.tenant AND limit_id = cap.limit_id AND scope = cap.scope AND value = cap.value AND starts = cap.starts
            AND node <> but_of AND (lent > 0 OR lost > 0)
            AND NOT EXISTS (SELECT FROM lease_holders AS h WHERE h.node = l.node AND h.spends_until > moment)
    LOOP
        PERFORM set_lease(cap, gone.node, gone.epoch, 0, 0, gone.used);
        cap.lent := cap.lent - gone.lent;
        cap.lost := cap.lost - gone.lost;
    END LOOP;
    RETURN cap;
END
$$;
REVOKE ALL ON FUNCTION free_places(caps, text, timestamptz) FROM PUBLIC;

-- One exchange: the node says what it holds itself to and what it lacks of each counter, and is told what it holds then. The arrays
-- are the columns of its asks, the answers are in their order.
--
-- WL001: a later start of the node has spoken, or an operator has given the node up; nothing was done.
CREATE FUNCTION exchange_leases(speaker text, its_epoch bigint, its_number bigint, expire_ms bigint,
    tenants text[], limits text[], scopes text[], entities text[], starting timestamptz[], ending timestamptz[],
    amounts bigint[], keeps bigint[], needs bigint[], wishes bigint[], uses bigint[], losses bigint[],
    OUT nodes integer, OUT lents bigint[], OUT losts bigint[], OUT others_lent bigint[], OUT others_used bigint[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = weir, pg_temp AS $$
DECLARE
    bigint_max CONSTANT numeric := 9223372036854775807;
    moment CONSTANT timestamptz := clock_timestamp();
    -- a message that was heard already, or one that is late: answered, and nothing else
    echo boolean;
    latest bigint;
    ask record;
    cap caps;
    own leases;
    elsewhere_lent numeric;
    elsewhere_lost numeric;
    elsewhere_used numeric;
    free numeric;
    now_lent bigint;
    now_lost bigint;
BEGIN
    INSERT INTO lease_holders AS h (node, epoch, number, spoken_at, spends_until)
    VALUES (speaker, its_epoch, its_number, moment, moment + make_interval(secs => expire_ms / 1000.0))
    ON CONFLICT (node) DO UPDATE SET epoch = excluded.epoch, number = excluded.number, spoken_at = excluded.spoken_at,
        spends_until = excluded.spends_until
    WHERE (h.epoch, h.number) < (excluded.epoch, excluded.number);
    echo := NOT FOUND;
    IF echo THEN
        SELECT epoch INTO STRICT latest FROM lease_holders WHERE node = speaker;
        IF latest > its_epoch THEN
            RAISE EXCEPTION 'node % with epoch % is fenced: epoch % has spoken since, or what it was lent was forfeited',
                speaker, its_epoch, latest USING ERRCODE = 'WL001';
        END IF;
    END IF;
    SELECT count(*) INTO nodes FROM lease_holders WHERE spoken_at > moment - interval '15 s';
    nodes := greatest(nodes, 1);
    lents := array_fill(0::bigint, ARRAY[cardinality(tenants)]);
    losts := lents;
    others_lent := lents;
    others_used := lents;

    FOR ask IN
        SELECT * FROM unnest(tenants, limits, scopes, entities, starting, ending, amounts, keeps, needs, wishes, uses, losses)
            WITH ORDINALITY
            AS asks (tenant, limit_id, scope, value, starts, ends, amount, keep, need, wish, used, lost, place)
        ORDER BY tenant, limit_id, scope, value, starts, place
    LOOP
        IF echo THEN
            SELECT * INTO cap FROM caps
            WHERE tenant = ask.tenant AND limit_id = ask.limit_id AND scope = ask.scope AND value = ask.value AND starts = ask.starts;
        ELSE
            cap := lock_cap(ask.tenant, ask.limit_id, ask.scope, ask.value, ask.starts, ask.ends);
        END IF;
        IF NOT echo AND starts_with(ask.scope, 'concurrency/') THEN
            cap := free_places(cap, speaker, moment);
        END IF;
        SELECT * INTO own FROM leases
        WHERE tenant = ask.tenant AND limit_id = ask.limit_id AND scope = ask.scope AND value = ask.value AND starts = ask.starts
            AND node = speaker;
        elsewhere_lent := coalesce(cap.lent, 0) - coalesce(own.lent, 0);
        elsewhere_lost := coalesce(cap.lost, 0) - coalesce(own.lost, 0);
        elsewhere_used := coalesce(cap.used, 0) - coalesce(own.used, 0);
        now_lent := coalesce(own.lent, 0);
        now_lost := coalesce(own.lost, 0);
        IF NOT echo THEN
            free := ask.amount - elsewhere_lent - elsewhere_lost - ask.keep - ask.lost;
            now_lent := ask.keep;
            now_lost := ask.lost;
            IF ask.wish > 0 AND ask.need <= free THEN
                now_lent := ask.keep + greatest(0, least(free, greatest(ask.wish, div(free, 2 * nodes))));
            END IF;
            PERFORM set_lease(cap, speaker, its_epoch, now_lent, now_lost, ask.used);
        END IF;
        lents[ask.place] := now_lent;
        losts[ask.place] := now_lost;
        others_lent[ask.place] := least(bigint_max, elsewhere_lent + elsewhere_lost);
        others_used[ask.place] := greatest(-bigint_max, least(bigint_max, elsewhere_used + elsewhere_lost));
    END LOOP;
END
$$;

-- Puts on record what nodes have used of counters of which they have no lease: as lent and spent, so that nobody is lent it again.
CREATE FUNCTION note_used(nodes text[], tenants text[], limits text[], scopes text[], entities text[], starting timestamptz[],
    ending timestamptz[], uses bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = weir, pg_temp AS $$
DECLARE
    noted record;
    cap caps;
BEGIN
    FOR noted IN
        SELECT * FROM unnest(nodes, tenants, limits, scopes, entities, starting, ending, uses)
            AS notes (node, tenant, limit_id, scope, value, starts, ends, used)
        ORDER BY tenant, limit_id, scope, value, starts, node
    LOOP
        cap := lock_cap(noted.tenant, noted.limit_id, noted.scope, noted.value, noted.starts, noted.ends);
        PERFORM FROM leases
        WHERE tenant = noted.tenant AND limit_id = noted.limit_id AND scope = noted.scope AND value = noted.value
            AND starts = noted.starts AND node = noted.node;
        IF NOT FOUND THEN
            PERFORM set_lease(cap, noted.node, 0, greatest(0, noted.used), 0, noted.used);
        END IF;
    END LOOP;
END
$$;

-- What a node was lent of windows that have not ended, by whatever start of it. whole: no open-ended gap is on record of that start
-- or a later one, so the node's events account for all that was spent.
CREATE FUNCTION held_leases(of_node text) RETURNS TABLE (tenant text, limit_id text, scope text, value text, starts timestamptz,
    ends timestamptz, lent bigint, lost bigint, whole boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = weir, pg_temp AS $$
    SELECT l.tenant, l.limit_id, l.scope, l.value, l.starts, l.ends, l.lent, l.lost,
        NOT EXISTS (SELECT FROM gaps AS g WHERE g.node = of_node AND g.last_seq IS NULL AND g.epoch >= l.epoch)
    FROM leases AS l
    WHERE l.node = of_node AND l.ends > now() AND (l.lent > 0 OR l.lost > 0)
    ORDER BY l.tenant, l.limit_id, l.scope, l.value, l.starts
$$;

-- Gives up what a node was lent and has not said to be used, of windows that have not ended; returns what was set free of each
-- counter. The node's start is fenced; its next one is not.
--
-- WL002: nothing is known of the node. WL003: it may still spend from what it is lent.
CREATE FUNCTION forfeit_leases(of_node text) RETURNS TABLE (tenant text, limit_id text, scope text, value text, starts timestamptz,
    ends timestamptz, freed bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = weir, pg_temp AS $$
#variable_conflict use_column
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();
    holder lease_holders;
    held leases;
    cap caps;
BEGIN
    SELECT * INTO holder FROM lease_holders WHERE node = of_node FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no node % has ever asked for a lease', of_node USING ERRCODE = 'WL002';
    END IF;
    IF holder.spends_until > moment THEN
        RAISE EXCEPTION 'node % may spend from what it is lent until %; it spoke last at %', of_node,
            to_char(holder.spends_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            to_char(holder.spoken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') USING ERRCODE = 'WL003';
    END IF;
    -- Once for each start that has spoken: the next start has the next epoch, and must not find itself fenced.
    UPDATE lease_holders SET epoch = epoch + 1, number = 0 WHERE node = of_node AND number > 0;

    FOR held IN
        SELECT * FROM leases WHERE node = of_node AND ends > moment ORDER BY tenant, limit_id, scope, value, starts
    LOOP
        cap := lock_cap(held.tenant, held.limit_id, held.scope, held.value, held.starts, held.ends);
        -- Read again under the lock: places may have been set free meanwhile.
        SELECT * INTO held FROM leases
        WHERE tenant = cap.tenant AND limit_id = cap.limit_id AND scope = cap.scope AND value = cap.value AND starts = cap.starts
            AND node = of_node;
        PERFORM set_lease(cap, of_node, held.epoch, greatest(0, held.used), 0, held.used);
        IF held.lent + held.lost > greatest(0, held.used) THEN
            RETURN QUERY SELECT held.tenant, held.limit_id, held.scope, held.value, held.starts, held.ends,
                held.lent + held.lost - greatest(0, held.used);
        END IF;
    END LOOP;
END
$$;

-- Removes counters whose windows ended more than two days ago, a few at a time, and says how many.
CREATE FUNCTION forget_ended_leases(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = weir, pg_temp AS $$
DECLARE
    forgotten integer;
BEGIN
    DELETE FROM caps WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM caps WHERE ends < now() - interval '2 days' LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END
$$;

DO $$
DECLARE
    called regprocedure;
BEGIN
    FOR called IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'weir'::regnamespace
            AND proname IN ('exchange_leases', 'note_used', 'held_leases', 'forfeit_leases', 'forget_ended_leases')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', called);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO weir_ingest', called);
    END LOOP;
END
$$;
