-- Who pays and who calls. Runs as weir_owner, in the schema weir; the roles exist already.
--
-- Every table with a tenant has row-level security enabled and forced, so that it holds for the owner too. weir_app sees the tenant
-- it set with set_config('weir.tenant', …, true) and nothing without one; a setting that went out of scope reads '', which is no
-- tenant either: refusals of unknown callers are stored under '' and only weir_auditor sees them.

GRANT USAGE ON SCHEMA weir TO weir_ingest, weir_app, weir_auditor;

CREATE TABLE tenants (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    plan text NOT NULL,
    region text,
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON tenants TO weir_app
    USING (id = nullif(current_setting('weir.tenant', true), ''))
    WITH CHECK (id = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON tenants FOR SELECT TO weir_auditor USING (true);
GRANT SELECT, INSERT, UPDATE (plan, region) ON tenants TO weir_app;
GRANT SELECT ON tenants TO weir_auditor;

CREATE TABLE api_keys (
    id text PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants,
    user_id text,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    last4 text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX api_keys_tenant ON api_keys (tenant);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON api_keys TO weir_app
    USING (tenant = nullif(current_setting('weir.tenant', true), ''))
    WITH CHECK (tenant = nullif(current_setting('weir.tenant', true), ''));
CREATE POLICY all_tenants ON api_keys FOR SELECT TO weir_auditor USING (true);
GRANT SELECT, INSERT, UPDATE (revoked_at) ON api_keys TO weir_app;
GRANT SELECT ON api_keys TO weir_auditor;

-- One number that rises with every change of what nodes hold in their snapshot of tenants and keys. The row lock makes changes
-- follow each other, so that a node that has seen version n has seen all changes up to n.
CREATE TABLE directory_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL
);
INSERT INTO directory_version (version) VALUES (1);
GRANT SELECT ON directory_version TO weir_app, weir_auditor;

CREATE FUNCTION directory_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = weir, pg_temp AS $$
BEGIN
    UPDATE directory_version SET version = version + 1;
    PERFORM pg_notify('weir_directory', '');
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION directory_changed() FROM PUBLIC;
CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE OR DELETE ON tenants
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE OR DELETE ON api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
