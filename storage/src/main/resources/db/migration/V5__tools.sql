-- Which tools an event's tool_calls were calls of, {"name": count}: at most 16 names and '*' for the others. NULL is none.
ALTER TABLE usage_events ADD COLUMN tools jsonb;
GRANT INSERT (tools) ON usage_events TO weir_ingest;
