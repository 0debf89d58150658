-- What is lent is lent of the amount in force: nodes hear of a lowered one a second or two after it was stored, and do not all hear
-- of it at the same moment (docs/leases.md).

-- Read as weir_owner by amounts_in_force alone, which sets weir.lends for as long as it runs.
CREATE POLICY lends ON tenants FOR SELECT TO weir_owner USING (current_setting('weir.lends', true) = 'on');
CREATE POLICY lends ON limits FOR SELECT TO weir_owner USING (current_setting('weir.lends', true) = 'on');
CREATE POLICY lends ON budgets FOR SELECT TO weir_owner USING (current_setting('weir.lends', true) = 'on');

-- What a limit counts, as nodes name it (Limit.scope).
CREATE FUNCTION limit_scope(meter text, of_window text, zone text, kind text, value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT meter || '/' || of_window || '/' || zone || '/' || kind || ':' || value
$$;

-- The stored amount of each limit, in its unit, in the order of the arguments. infinity: there is no blocking limit of that id and
-- scope, because it was just deleted, counts something else now or only tells; then nodes know it a little longer than the database.
--
-- A limit is the tenant's own, or one of its budgets, or one of its plan. An own limit stands in the place of the plan's of the same
-- id, and those of a plan that converts only tell.
CREATE FUNCTION amounts_in_force(of_tenants text[], of_limits text[], of_scopes text[], OUT amounts numeric[])
    LANGUAGE plpgsql SET search_path = weir, pg_temp AS $$
BEGIN
    PERFORM set_config('weir.lends', 'on', true);
    SELECT array_agg(coalesce(
        (SELECT CASE WHEN l.action = 'block' AND a.scope
                = limit_scope(l.meter, l."window", CASE l.zone WHEN 'UTC' THEN 'Z' ELSE l.zone END, l.kind, l.value)
            THEN l.amount::numeric ELSE 'infinity' END
        FROM limits AS l WHERE l.tenant = a.tenant AND l.id = a.limit_id),
        (SELECT CASE WHEN b.alerts @> '[{"actions": ["block"]}]' AND a.scope
                = limit_scope('cost', CASE b.period WHEN 'daily' THEN 'day' ELSE 'month' END, b.zone, b.entity_kind, b.entity_value)
            THEN b.amount * 1000000000000 ELSE 'infinity' END
        FROM budgets AS b WHERE b.tenant = a.tenant AND b.id = substr(a.limit_id, 8) AND starts_with(a.limit_id, 'budget:')),
        (SELECT min(CASE WHEN jsonb_typeof(l -> 'amount') = 'number' THEN (l -> 'amount')::numeric END)
        FROM tenants AS t JOIN plans AS p ON p.id = t.plan CROSS JOIN jsonb_array_elements(p.limits) AS l
        WHERE t.id = a.tenant AND p.converts_to IS NULL AND l ->> 'id' = a.limit_id AND l ->> 'action' = 'block'
            AND a.scope = limit_scope(l ->> 'meter', l ->> 'window',
                CASE l ->> 'zone' WHEN 'UTC' THEN 'Z' ELSE l ->> 'zone' END, l ->> 'kind', l ->> 'value')),
        'infinity') ORDER BY a.place)
    INTO amounts
    FROM unnest(of_tenants, of_limits, of_scopes) WITH ORDINALITY AS a (tenant, limit_id, scope, place);
    PERFORM set_config('weir.lends', '', true);
END
$$;
REVOKE ALL ON FUNCTION amounts_in_force(text[], text[], text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION limit_scope(text, text, text, text, text) FROM PUBLIC;

-- One exchange: the node says what it holds itself to and what it lacks of each counter, and is told what it holds then. The arrays
-- are the columns of its asks, the answers are in their order. Nothing is lent beyond the amount in force, whatever amount the node
-- names; what it named too much is told to it as held by others.
--
-- WL001: a later start of the node has spoken, or an operator has given the node up; nothing was done.
CREATE OR REPLACE FUNCTION exchange_leases(speaker text, its_epoch bigint, its_number bigint, expire_ms bigint,
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
    -- in force, in the order of the asks
    stored numeric[];
    amount numeric;
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

    -- Amounts are read when all counters are locked, so those who lend of a counter read its amount in the order in which they lend:
    -- once one of them has found it lowered, so does each that follows.
    IF NOT echo THEN
        FOR ask IN
            SELECT * FROM unnest(tenants, limits, scopes, entities, starting, ending)
                AS asks (tenant, limit_id, scope, value, starts, ends)
            ORDER BY tenant, limit_id, scope, value, starts
        LOOP
            PERFORM lock_cap(ask.tenant, ask.limit_id, ask.scope, ask.value, ask.starts, ask.ends);
        END LOOP;
    END IF;
    stored := amounts_in_force(tenants, limits, scopes);

    FOR ask IN
        SELECT * FROM unnest(tenants, limits, scopes, entities, starting, ending, amounts, keeps, needs, wishes, uses, losses)
            WITH ORDINALITY
            AS asks (tenant, limit_id, scope, value, starts, ends, named, keep, need, wish, used, lost, place)
        ORDER BY tenant, limit_id, scope, value, starts, place
    LOOP
        SELECT * INTO cap FROM caps
        WHERE tenant = ask.tenant AND limit_id = ask.limit_id AND scope = ask.scope AND value = ask.value AND starts = ask.starts;
        IF NOT echo AND starts_with(ask.scope, 'concurrency/') THEN
            cap := free_places(cap, speaker, moment);
        END IF;
        SELECT * INTO own FROM leases
        WHERE tenant = ask.tenant AND limit_id = ask.limit_id AND scope = ask.scope AND value = ask.value AND starts = ask.starts
            AND node = speaker;
        amount := least(ask.named, stored[ask.place]);
        elsewhere_lent := coalesce(cap.lent, 0) - coalesce(own.lent, 0);
        elsewhere_lost := coalesce(cap.lost, 0) - coalesce(own.lost, 0);
        elsewhere_used := coalesce(cap.used, 0) - coalesce(own.used, 0);
        now_lent := coalesce(own.lent, 0);
        now_lost := coalesce(own.lost, 0);
        IF NOT echo THEN
            free := amount - elsewhere_lent - elsewhere_lost - ask.keep - ask.lost;
            now_lent := ask.keep;
            now_lost := ask.lost;
            IF ask.wish > 0 AND ask.need <= free THEN
                now_lent := ask.keep + greatest(0, least(free, greatest(ask.wish, div(free, 2 * nodes))));
            END IF;
            PERFORM set_lease(cap, speaker, its_epoch, now_lent, now_lost, ask.used);
        END IF;
        lents[ask.place] := now_lent;
        losts[ask.place] := now_lost;
        others_lent[ask.place] := least(bigint_max, elsewhere_lent + elsewhere_lost + ask.named - amount);
        others_used[ask.place] := greatest(-bigint_max, least(bigint_max, elsewhere_used + elsewhere_lost));
    END LOOP;
END
$$;
