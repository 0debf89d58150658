-- What some models are sold by beside text tokens: tokens of images, characters, pages. The image tokens are parts of tokens_in and
-- tokens_out, as audio is.
ALTER TABLE usage_events ADD COLUMN image_in bigint, ADD COLUMN image_out bigint, ADD COLUMN characters bigint,
    ADD COLUMN pages bigint;
GRANT INSERT (image_in, image_out, characters, pages) ON usage_events TO weir_ingest;

DO $$
DECLARE
    totals text;
BEGIN
    FOREACH totals IN ARRAY ARRAY['usage_rollups', 'run_totals', 'ticket_totals'] LOOP
        EXECUTE format('ALTER TABLE weir.%I ADD COLUMN image_in numeric NOT NULL DEFAULT 0,'
            ' ADD COLUMN image_out numeric NOT NULL DEFAULT 0, ADD COLUMN characters numeric NOT NULL DEFAULT 0,'
            ' ADD COLUMN pages numeric NOT NULL DEFAULT 0', totals);
    END LOOP;
END
$$;
