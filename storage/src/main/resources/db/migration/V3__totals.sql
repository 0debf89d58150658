-- Totals. They move in the transaction that stores the events, by the rows really inserted, so at any moment a total is the sum of
-- its events. Sums are numeric: no amount that an event can hold makes one overflow, because a batch that cannot be stored would stop
-- all behind it. '' in a dimension is "none". A seal never changes rows with late = false after the day's seal; what comes later
-- adds to late = true.

-- Design decision 18.
CREATE TABLE usage_rollups (
    day date NOT NULL,
    tenant text NOT NULL,
    key_id text NOT NULL,
    user_id text NOT NULL,
    route text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    service_tier text NOT NULL,
    cost_center text NOT NULL,
    late boolean NOT NULL,
    events numeric NOT NULL,
    attempts numeric NOT NULL,
    unpriced numeric NOT NULL,
    cost numeric NOT NULL,
    tokens_in numeric NOT NULL,
    tokens_out numeric NOT NULL,
    cache_read numeric NOT NULL,
    cache_write numeric NOT NULL,
    cache_write_1h numeric NOT NULL,
    reasoning numeric NOT NULL,
    audio_in numeric NOT NULL,
    audio_out numeric NOT NULL,
    seconds numeric NOT NULL,
    searches numeric NOT NULL,
    tool_calls numeric NOT NULL,
    tool_calls_requested numeric NOT NULL,
    images_generated numeric NOT NULL,
    egress_bytes numeric NOT NULL,
    ingress_bytes numeric NOT NULL,
    calls numeric NOT NULL,
    reads numeric NOT NULL,
    writes numeric NOT NULL,
    webhook_ingests numeric NOT NULL,
    rate_limited numeric NOT NULL,
    retries numeric NOT NULL,
    PRIMARY KEY (day, tenant, key_id, user_id, route, provider, model, service_tier, cost_center, late)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE usage_rollups ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_rollups FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON usage_rollups FOR SELECT TO weir_app USING (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON usage_rollups FOR SELECT TO weir_auditor USING (true);
CREATE POLICY add_read ON usage_rollups FOR SELECT TO weir_ingest USING (true);
CREATE POLICY add_new ON usage_rollups FOR INSERT TO weir_ingest WITH CHECK (true);
CREATE POLICY add_more ON usage_rollups FOR UPDATE TO weir_ingest USING (true) WITH CHECK (true);
GRANT SELECT ON usage_rollups TO weir_app, weir_auditor;
GRANT SELECT, INSERT, UPDATE ON usage_rollups TO weir_ingest;

-- What each run used, by route, so that a run's connectors can be told apart.
CREATE TABLE run_totals (
    tenant text NOT NULL,
    run text NOT NULL,
    day date NOT NULL,
    route text NOT NULL,
    events numeric NOT NULL,
    attempts numeric NOT NULL,
    unpriced numeric NOT NULL,
    cost numeric NOT NULL,
    tokens_in numeric NOT NULL,
    tokens_out numeric NOT NULL,
    cache_read numeric NOT NULL,
    cache_write numeric NOT NULL,
    cache_write_1h numeric NOT NULL,
    reasoning numeric NOT NULL,
    audio_in numeric NOT NULL,
    audio_out numeric NOT NULL,
    seconds numeric NOT NULL,
    searches numeric NOT NULL,
    tool_calls numeric NOT NULL,
    tool_calls_requested numeric NOT NULL,
    images_generated numeric NOT NULL,
    egress_bytes numeric NOT NULL,
    ingress_bytes numeric NOT NULL,
    calls numeric NOT NULL,
    reads numeric NOT NULL,
    writes numeric NOT NULL,
    webhook_ingests numeric NOT NULL,
    rate_limited numeric NOT NULL,
    retries numeric NOT NULL,
    PRIMARY KEY (tenant, run, day, route)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE run_totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_totals FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON run_totals FOR SELECT TO weir_app USING (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON run_totals FOR SELECT TO weir_auditor USING (true);
CREATE POLICY add_read ON run_totals FOR SELECT TO weir_ingest USING (true);
CREATE POLICY add_new ON run_totals FOR INSERT TO weir_ingest WITH CHECK (true);
CREATE POLICY add_more ON run_totals FOR UPDATE TO weir_ingest USING (true) WITH CHECK (true);
GRANT SELECT ON run_totals TO weir_app, weir_auditor;
GRANT SELECT, INSERT, UPDATE ON run_totals TO weir_ingest;

-- What each ticket used; '' is the unassigned rest.
CREATE TABLE ticket_totals (
    tenant text NOT NULL,
    ticket text NOT NULL,
    day date NOT NULL,
    events numeric NOT NULL,
    attempts numeric NOT NULL,
    unpriced numeric NOT NULL,
    cost numeric NOT NULL,
    tokens_in numeric NOT NULL,
    tokens_out numeric NOT NULL,
    cache_read numeric NOT NULL,
    cache_write numeric NOT NULL,
    cache_write_1h numeric NOT NULL,
    reasoning numeric NOT NULL,
    audio_in numeric NOT NULL,
    audio_out numeric NOT NULL,
    seconds numeric NOT NULL,
    searches numeric NOT NULL,
    tool_calls numeric NOT NULL,
    tool_calls_requested numeric NOT NULL,
    images_generated numeric NOT NULL,
    egress_bytes numeric NOT NULL,
    ingress_bytes numeric NOT NULL,
    calls numeric NOT NULL,
    reads numeric NOT NULL,
    writes numeric NOT NULL,
    webhook_ingests numeric NOT NULL,
    rate_limited numeric NOT NULL,
    retries numeric NOT NULL,
    PRIMARY KEY (tenant, ticket, day)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE ticket_totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE ticket_totals FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON ticket_totals FOR SELECT TO weir_app USING (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON ticket_totals FOR SELECT TO weir_auditor USING (true);
CREATE POLICY add_read ON ticket_totals FOR SELECT TO weir_ingest USING (true);
CREATE POLICY add_new ON ticket_totals FOR INSERT TO weir_ingest WITH CHECK (true);
CREATE POLICY add_more ON ticket_totals FOR UPDATE TO weir_ingest USING (true) WITH CHECK (true);
GRANT SELECT ON ticket_totals TO weir_app, weir_auditor;
GRANT SELECT, INSERT, UPDATE ON ticket_totals TO weir_ingest;
