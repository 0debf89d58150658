-- Runs a minute are a limit of the tenant, as concurrency and writes a day are: what was bought of them before blocks from now on.

-- The owner may see the rows of all tenants for as long as this takes.
ALTER TABLE capacity NO FORCE ROW LEVEL SECURITY;
ALTER TABLE limits NO FORCE ROW LEVEL SECURITY;

-- A node remembers each run of a window, so the amount has an end (Limit.RUNS_MAX).
UPDATE capacity SET runs_per_minute = 1000000, changed_at = now() WHERE runs_per_minute > 1000000;
ALTER TABLE capacity DROP CONSTRAINT capacity_runs_per_minute_check;
ALTER TABLE capacity ADD CONSTRAINT capacity_runs_per_minute_check CHECK (runs_per_minute BETWEEN 0 AND 1000000);

INSERT INTO limits (tenant, id, kind, value, meter, "window", zone, amount, action, alerts, source)
    SELECT tenant, 'capacity-runs-per-minute', 'tenant', '*', 'runs', 'minute', 'UTC', runs_per_minute, 'block', '{75,90,100}', 'capacity'
    FROM capacity WHERE runs_per_minute IS NOT NULL
    -- A limit of that name was the tenant's own until now: it goes, for the name is taken.
    ON CONFLICT (tenant, id) DO UPDATE SET kind = excluded.kind, value = excluded.value, meter = excluded.meter,
        "window" = excluded."window", zone = excluded.zone, amount = excluded.amount, action = excluded.action,
        alerts = excluded.alerts, source = excluded.source;

ALTER TABLE capacity FORCE ROW LEVEL SECURITY;
ALTER TABLE limits FORCE ROW LEVEL SECURITY;
