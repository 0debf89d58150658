-- What happened. One row is one attempt or one refusal; rows are never updated and never deleted by any role that Weir runs as
-- (a whole day leaves by detaching its partition).
--
-- tenant '' is a refusal without a tenant. NULL in a meter's column is "absent", which is not 0. provenance names the meters that
-- the provider did not report itself; what is not in it was reported. cost is in USD, exact to the pico-dollar; NULL is "unpriced".

CREATE TABLE usage_events (
    day date NOT NULL,
    tenant text NOT NULL,
    node text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    -- received after 06:00 UTC of the day after: a correction, not part of the sealed day
    late boolean NOT NULL GENERATED ALWAYS AS ((received_at AT TIME ZONE 'UTC') >= day + interval '30 hours') STORED,
    call_id text NOT NULL,
    attempt integer NOT NULL,
    time timestamptz NOT NULL,
    key_id text,
    user_id text,
    route text NOT NULL,
    provider text NOT NULL,
    model_asked text,
    model_answered text,
    region text,
    service_tier text,
    provider_request_id text,
    run text,
    step text,
    ticket text,
    cost_center text,
    tags jsonb,
    tokens_in bigint,
    tokens_out bigint,
    cache_read bigint,
    cache_write bigint,
    cache_write_1h bigint,
    reasoning bigint,
    audio_in bigint,
    audio_out bigint,
    seconds bigint,
    searches bigint,
    tool_calls bigint,
    tool_calls_requested bigint,
    images_generated bigint,
    egress_bytes bigint,
    ingress_bytes bigint,
    calls bigint,
    reads bigint,
    writes bigint,
    webhook_ingests bigint,
    rate_limited bigint,
    retries bigint,
    provenance jsonb,
    client_in bigint NOT NULL,
    upstream_out bigint NOT NULL,
    upstream_in bigint NOT NULL,
    client_out bigint NOT NULL,
    client_status integer NOT NULL,
    upstream_status integer NOT NULL,
    latency_ns bigint NOT NULL,
    first_token_ns bigint,
    client_retry_count integer NOT NULL,
    retry_after_s bigint,
    outcome text NOT NULL,
    reason_code text,
    price_version text,
    cost numeric(20, 12),
    flags integer NOT NULL,
    PRIMARY KEY (day, tenant, node, epoch, seq),
    CONSTRAINT day_of_time CHECK (day = (time AT TIME ZONE 'UTC')::date)
) PARTITION BY RANGE (day);
-- Only events of a run pay for this index.
CREATE INDEX usage_events_run ON usage_events (tenant, run) WHERE run IS NOT NULL;

ALTER TABLE usage_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON usage_events FOR SELECT TO weir_app USING (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON usage_events FOR SELECT TO weir_auditor USING (true);
CREATE POLICY store ON usage_events FOR INSERT TO weir_ingest WITH CHECK (true);
-- now() is the transaction's start, so these are the rows of this very transaction: what INSERT … RETURNING needs, and no more.
CREATE POLICY just_stored ON usage_events FOR SELECT TO weir_ingest USING (received_at = now());
GRANT SELECT ON usage_events TO weir_app, weir_auditor, weir_ingest;

-- weir_ingest may name every column but received_at, which is the database's clock or nothing.
DO $$
BEGIN
    EXECUTE (SELECT format('GRANT INSERT (%s) ON weir.usage_events TO weir_ingest', string_agg(quote_ident(attname), ', '))
             FROM pg_attribute
             WHERE attrelid = 'weir.usage_events'::regclass AND attnum > 0 AND attgenerated = '' AND attname <> 'received_at');
END
$$;

-- Makes the partitions of the days first … last that are not there, and says how many it made. A partition is attached, not
-- created in place, because attaching does not stop those who read and write the others. Partitions have forced row-level security without
-- any policy and no grants: they are reached through usage_events only.
CREATE FUNCTION create_event_partitions(first date, last date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = weir, pg_temp AS $$
DECLARE
    current date;
    partition text;
    made integer := 0;
BEGIN
    IF first IS NULL OR last IS NULL OR last - first NOT BETWEEN 0 AND 400 THEN
        RAISE EXCEPTION 'partitions are made for 1 to 401 days at once, not for % to %', first, last;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('weir.usage_events'));
    FOR current IN SELECT generate_series(first::timestamp, last::timestamp, interval '1 day')::date LOOP
        partition := 'usage_events_' || to_char(current, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('weir.' || partition) IS NOT NULL;
        EXECUTE format('CREATE TABLE weir.%I (LIKE weir.usage_events INCLUDING ALL)', partition);
        EXECUTE format('ALTER TABLE weir.%I ENABLE ROW LEVEL SECURITY', partition);
        EXECUTE format('ALTER TABLE weir.%I FORCE ROW LEVEL SECURITY', partition);
        EXECUTE format('ALTER TABLE weir.usage_events ATTACH PARTITION weir.%I FOR VALUES FROM (%L) TO (%L)', partition,
            current, current + 1);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION create_event_partitions(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_event_partitions(date, date) TO weir_ingest;

-- Up to which seq all that was sent of a node's epoch is stored.
CREATE TABLE watermarks (
    node text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (node, epoch)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON watermarks TO weir_ingest;
GRANT SELECT ON watermarks TO weir_auditor;
