-- A settlement that turns up after its attempt was charged as interrupted by a later start of the node is not a second event.

-- Holds what died with a process and nothing else, so hardly any event pays for it.
CREATE INDEX usage_events_interrupted ON usage_events (node, call_id, attempt) WHERE outcome = 'interrupted';

-- What the function below sees, which runs as the owner; nobody else gains by it.
CREATE POLICY interrupted ON usage_events FOR SELECT TO weir_owner USING (outcome = 'interrupted');

-- Which of these events of a node's epoch are of attempts that a later epoch of the node has charged as interrupted; the arrays
-- have an element for each event. An attempt's events are all of one moment, so the partitions of the batch's days are enough,
-- and each is searched once for all calls: with 98 partitions a batch of 1,000 takes 25 ms longer so, and 320 ms if asked event by
-- event. Usage that was told later (flag 64, usage_deferred) is one more event of its attempt on purpose.
CREATE FUNCTION superseded(of_node text, of_epoch bigint, seqs bigint[], call_ids text[], attempts integer[],
    times timestamptz[], flag_bits integer[]) RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = weir, pg_temp AS $$
    WITH charged AS MATERIALIZED (
        SELECT call_id, attempt FROM weir.usage_events
        WHERE outcome = 'interrupted' AND node = of_node AND call_id = ANY (call_ids) AND epoch > of_epoch
            AND day BETWEEN (SELECT min((time AT TIME ZONE 'UTC')::date) FROM unnest(times) AS time)
                AND (SELECT max((time AT TIME ZONE 'UTC')::date) FROM unnest(times) AS time)
    )
    SELECT seq FROM unnest(seqs, call_ids, attempts, flag_bits) AS late (seq, call_id, attempt, bits)
    WHERE bits & 64 = 0 AND (call_id, attempt) IN (SELECT call_id, attempt FROM charged)
$$;
REVOKE ALL ON FUNCTION superseded(text, bigint, bigint[], text[], integer[], timestamptz[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION superseded(text, bigint, bigint[], text[], integer[], timestamptz[], integer[]) TO weir_ingest;
