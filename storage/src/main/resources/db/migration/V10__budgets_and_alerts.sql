-- What a tenant may spend, and what was said when it did.

-- A budget is in force as the limit 'budget:' || id on cost. amount is in USD. alerts is [{"percent": 75, "actions": ["notify"]}, …].
-- webhook_secret is sealed: AES-256-GCM with a key that is not in the database, bound to tenant and id. terms_since is when amount,
-- alerts, entity, period and zone became what they are: windows that ended before are not judged by them.
CREATE TABLE budgets (
    tenant text NOT NULL REFERENCES tenants,
    id text NOT NULL CHECK (id ~ '^[A-Za-z0-9._-]{1,64}$'),
    entity_kind text NOT NULL,
    entity_value text NOT NULL,
    period text NOT NULL CHECK (period IN ('daily', 'monthly')),
    zone text NOT NULL,
    amount numeric(19, 12) NOT NULL CHECK (amount BETWEEN 0 AND 9000000),
    currency text NOT NULL DEFAULT 'USD' CHECK (currency = 'USD'),
    alerts jsonb NOT NULL,
    webhook_url text,
    webhook_secret bytea,
    created_at timestamptz NOT NULL,
    terms_since timestamptz NOT NULL,
    PRIMARY KEY (tenant, id),
    CONSTRAINT signed_or_none CHECK ((webhook_url IS NULL) = (webhook_secret IS NULL))
);
ALTER TABLE budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE budgets FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON budgets TO weir_app
    USING (tenant = nullif(current_setting('weir.tenant', true), ''))
    WITH CHECK (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON budgets FOR SELECT TO weir_auditor USING (true);
GRANT SELECT, INSERT, DELETE ON budgets TO weir_app;
GRANT UPDATE (entity_kind, entity_value, period, zone, amount, alerts, webhook_url, webhook_secret, terms_since) ON budgets TO weir_app;
-- all but the secret
GRANT SELECT (tenant, id, entity_kind, entity_value, period, zone, amount, currency, alerts, webhook_url, created_at, terms_since)
    ON budgets TO weir_auditor;
CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE OR DELETE ON budgets
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER admin_acted AFTER INSERT OR UPDATE OR DELETE ON budgets
    FOR EACH ROW EXECUTE FUNCTION admin_acted('budget', 'tenant', 'id');

-- A mark that was reached: once for each limit, entity, run of its window, percentage and amount, whoever of the nodes writes it
-- first. window_start NULL: the window is 'total'. amount, settled and reserved are in USD where the meter is cost, else in whole
-- units. Nothing is deleted; what may change is how far its delivery is:
--   recorded   there is nowhere to send it
--   pending    to be sent at next_attempt_at, or being sent until then
--   delivered  somebody took it
--   dead       given up; it can be sent again by hand
--   carried    not fired: it was reached at another amount, and its mark at this one was passed already when the amount changed
CREATE TABLE alerts (
    id text PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants,
    limit_id text NOT NULL,
    entity_kind text NOT NULL,
    entity_value text NOT NULL,
    meter text NOT NULL,
    "window" text NOT NULL,
    window_start timestamptz,
    window_end timestamptz,
    percent integer NOT NULL,
    amount numeric NOT NULL,
    settled numeric NOT NULL,
    reserved numeric NOT NULL,
    actions text[] NOT NULL,
    test boolean NOT NULL DEFAULT false,
    node text NOT NULL,
    fired_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('recorded', 'pending', 'delivered', 'dead', 'carried')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_attempt_at timestamptz,
    last_status integer,
    last_error text,
    delivered_at timestamptz,
    CONSTRAINT pending_has_a_time CHECK (state <> 'pending' OR next_attempt_at IS NOT NULL)
);
CREATE UNIQUE INDEX alerts_once ON alerts
    (tenant, limit_id, entity_kind, entity_value, "window", window_start, percent, amount) NULLS NOT DISTINCT WHERE NOT test;
CREATE INDEX alerts_newest ON alerts (tenant, fired_at DESC, id DESC);
CREATE INDEX alerts_newest_of_all ON alerts (fired_at DESC, id DESC);
CREATE INDEX alerts_due ON alerts (next_attempt_at) WHERE state = 'pending';
CREATE INDEX alerts_dead ON alerts (id) WHERE state = 'dead';
ALTER TABLE alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON alerts TO weir_app
    USING (tenant = nullif(current_setting('weir.tenant', true), ''))
    WITH CHECK (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON alerts FOR SELECT TO weir_auditor USING (true);
GRANT SELECT, INSERT ON alerts TO weir_app;
GRANT UPDATE (state, attempts, next_attempt_at, last_attempt_at, last_status, last_error, delivered_at) ON alerts TO weir_app;
GRANT SELECT ON alerts TO weir_auditor;
