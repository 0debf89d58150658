-- What tenants may use, as data: plans, limits, purchased capacity; and the record of who changed what.

-- A bundle of limits. Belongs to no tenant: whoever sees it sees all of it, and it is changed outside of any tenant's transaction only.
-- limits is an array of objects as weir.limits has columns. Rates are to come beside them.
CREATE TABLE plans (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    limits jsonb NOT NULL CHECK (jsonb_typeof(limits) = 'array'),
    -- meters that a call on this plan may not use at all
    forbids text[] NOT NULL,
    at_limit text NOT NULL CHECK (at_limit IN ('block', 'convert')),
    converts_to text REFERENCES plans CHECK (converts_to <> id),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT converts_somewhere CHECK ((at_limit = 'convert') = (converts_to IS NOT NULL))
);
ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE plans FORCE ROW LEVEL SECURITY;
CREATE POLICY all_plans ON plans FOR SELECT TO weir_app, weir_auditor USING (true);
CREATE POLICY of_no_tenant_new ON plans FOR INSERT TO weir_app
    WITH CHECK (nullif(current_setting('weir.tenant', true), '') IS NULL);
CREATE POLICY of_no_tenant ON plans FOR UPDATE TO weir_app
    USING (nullif(current_setting('weir.tenant', true), '') IS NULL)
    WITH CHECK (nullif(current_setting('weir.tenant', true), '') IS NULL);
-- The owner adds the shipped plans here and in later migrations.
CREATE POLICY shipped ON plans TO weir_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT (id, limits, forbids, at_limit, converts_to), UPDATE (limits, forbids, at_limit, converts_to) ON plans TO weir_app;
GRANT SELECT ON plans TO weir_auditor;

INSERT INTO plans (id, limits, forbids, at_limit) VALUES
    ('free', '[
        {"id": "free-tokens-per-day", "kind": "tenant", "value": "*", "meter": "tokens", "window": "day", "zone": "UTC",
         "amount": 1000, "action": "block", "alerts": [75, 90, 100]},
        {"id": "free-tool-calls-per-day", "kind": "tenant", "value": "*", "meter": "tool_calls", "window": "day", "zone": "UTC",
         "amount": 10, "action": "block", "alerts": [75, 90, 100]}]', '{images_generated}', 'block'),
    ('trial', '[
        {"id": "trial-tokens-in-total", "kind": "tenant", "value": "*", "meter": "tokens", "window": "total", "zone": "UTC",
         "amount": 100000, "action": "block", "alerts": [75, 90, 100]}]', '{}', 'block'),
    ('pro', '[]', '{}', 'block'),
    ('enterprise', '[]', '{}', 'block');

-- So much of one meter for one entity in one window. amount is whole units, pico-dollars for cost.
CREATE TABLE limits (
    tenant text NOT NULL REFERENCES tenants,
    id text NOT NULL CHECK (id ~ '^[A-Za-z0-9._:-]{1,128}$'),
    kind text NOT NULL,
    value text NOT NULL,
    meter text NOT NULL,
    "window" text NOT NULL,
    zone text NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 9000000000000000000),
    action text NOT NULL CHECK (action IN ('block', 'notify')),
    alerts integer[] NOT NULL,
    -- which face of the control plane it was set through, and is changed through
    source text NOT NULL CHECK (source IN ('limits', 'quota', 'capacity')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, id)
);
ALTER TABLE limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE limits FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON limits TO weir_app
    USING (tenant = nullif(current_setting('weir.tenant', true), ''))
    WITH CHECK (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON limits FOR SELECT TO weir_auditor USING (true);
GRANT SELECT, DELETE, INSERT (tenant, id, kind, value, meter, "window", zone, amount, action, alerts, source),
    UPDATE (amount, action, alerts) ON limits TO weir_app;
GRANT SELECT ON limits TO weir_auditor;

-- What a tenant has bought; NULL: none of that unit, so unlimited. concurrency and writes_per_day are limits too, made in the same
-- transaction.
CREATE TABLE capacity (
    tenant text PRIMARY KEY REFERENCES tenants,
    runs_per_minute bigint CHECK (runs_per_minute BETWEEN 0 AND 9000000000000000000),
    concurrency bigint CHECK (concurrency BETWEEN 0 AND 9000000000000000000),
    writes_per_day bigint CHECK (writes_per_day BETWEEN 0 AND 9000000000000000000),
    retention_tier text,
    indexing_tier text,
    changed_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE capacity ENABLE ROW LEVEL SECURITY;
ALTER TABLE capacity FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON capacity TO weir_app
    USING (tenant = nullif(current_setting('weir.tenant', true), ''))
    WITH CHECK (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON capacity FOR SELECT TO weir_auditor USING (true);
GRANT SELECT, INSERT, UPDATE ON capacity TO weir_app;
GRANT SELECT ON capacity TO weir_auditor;

CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE OR DELETE ON plans
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE OR DELETE ON limits
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();

-- Who changed what. Rows are only added, by the trigger below, in the transaction of the change itself: no role that Weir runs as can
-- write here, so there is no change without its row and no row without its change.
CREATE TABLE admin_actions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time timestamptz NOT NULL DEFAULT now(),
    -- weir.who of the transaction; the role where it says nothing
    who text NOT NULL,
    -- noun and verb: limit.create, tenant.change, …
    action text NOT NULL,
    -- '': it concerns all tenants
    tenant text NOT NULL,
    target text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX admin_actions_tenant ON admin_actions (tenant, id);
ALTER TABLE admin_actions ENABLE ROW LEVEL SECURITY;
ALTER TABLE admin_actions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON admin_actions FOR SELECT TO weir_app
    USING (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON admin_actions FOR SELECT TO weir_auditor USING (true);
CREATE POLICY record ON admin_actions FOR INSERT TO weir_owner WITH CHECK (true);
GRANT SELECT ON admin_actions TO weir_app, weir_auditor;

CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of weir.% are never changed and never removed', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON admin_actions
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- For each table that administrators change: AFTER INSERT OR UPDATE OR DELETE … FOR EACH ROW EXECUTE FUNCTION
-- admin_acted(noun, column of the tenant or '', column of the target). An update that changes nothing is no action. The hash of a key
-- and the secret of a webhook are left out.
CREATE FUNCTION admin_acted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = weir, pg_temp AS $$
DECLARE
    was jsonb;
    now_is jsonb;
    either jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := to_jsonb(OLD) - 'hash' - 'webhook_secret';
    END IF;
    IF TG_OP <> 'DELETE' THEN
        now_is := to_jsonb(NEW) - 'hash' - 'webhook_secret';
    END IF;
    IF (was - 'changed_at') IS NOT DISTINCT FROM (now_is - 'changed_at') THEN
        RETURN NULL;
    END IF;
    either := coalesce(now_is, was);
    INSERT INTO admin_actions (who, action, tenant, target, before, after) VALUES (
        coalesce(nullif(current_setting('weir.who', true), ''), session_user),
        TG_ARGV[0] || CASE TG_OP WHEN 'INSERT' THEN '.create' WHEN 'UPDATE' THEN '.change' ELSE '.delete' END,
        coalesce(either ->> TG_ARGV[1], ''), either ->> TG_ARGV[2], was, now_is);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION admin_acted() FROM PUBLIC;
REVOKE ALL ON FUNCTION never_changed() FROM PUBLIC;
CREATE TRIGGER admin_acted AFTER INSERT OR UPDATE OR DELETE ON tenants
    FOR EACH ROW EXECUTE FUNCTION admin_acted('tenant', 'id', 'id');
CREATE TRIGGER admin_acted AFTER INSERT OR UPDATE OR DELETE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION admin_acted('key', 'tenant', 'id');
CREATE TRIGGER admin_acted AFTER INSERT OR UPDATE OR DELETE ON plans
    FOR EACH ROW EXECUTE FUNCTION admin_acted('plan', '', 'id');
CREATE TRIGGER admin_acted AFTER INSERT OR UPDATE OR DELETE ON limits
    FOR EACH ROW EXECUTE FUNCTION admin_acted('limit', 'tenant', 'id');
CREATE TRIGGER admin_acted AFTER INSERT OR UPDATE OR DELETE ON capacity
    FOR EACH ROW EXECUTE FUNCTION admin_acted('capacity', 'tenant', 'tenant');

-- A tenant that was put on another plan by hand, before plans were rows, is none of a migration's business: NOT VALID.
ALTER TABLE tenants ADD CONSTRAINT tenants_plan FOREIGN KEY (plan) REFERENCES plans NOT VALID;
