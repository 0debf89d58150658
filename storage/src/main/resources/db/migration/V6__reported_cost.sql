-- What the provider says it charges for the attempt, in USD, where it says so; beside cost, which is ours.
ALTER TABLE usage_events ADD COLUMN cost_reported numeric(20, 12);
GRANT INSERT (cost_reported) ON usage_events TO weir_ingest;
