-- What is known to be missing, and who gave each start of a node its number.

-- Every start of every node. The row is there before the start keeps anything, so no (node, epoch) is ever given twice.
CREATE TABLE epochs (
    node text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 1),
    begun_at timestamptz NOT NULL DEFAULT now(),
    -- when the start had its spool open and could take traffic; NULL: it never came so far, and kept nothing
    started_at timestamptz,
    PRIMARY KEY (node, epoch)
);
INSERT INTO epochs (node, epoch, started_at) SELECT node, epoch, now() FROM watermarks;
GRANT SELECT, INSERT (node, epoch, started_at), UPDATE (started_at) ON epochs TO weir_ingest;
GRANT SELECT ON epochs TO weir_auditor;

-- Events that were given a number, or may have been, and did not come. A row is written once and never changed, though the events
-- may turn up later; it has no tenant because nobody knows whose they were. last_seq NULL: nobody knows how many there were.
CREATE TABLE gaps (
    node text NOT NULL,
    epoch bigint NOT NULL,
    first_seq bigint NOT NULL CHECK (first_seq >= 1),
    last_seq bigint CHECK (last_seq >= first_seq),
    reason text NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT gaps_once UNIQUE NULLS NOT DISTINCT (node, epoch, first_seq, last_seq)
);
GRANT SELECT, INSERT (node, epoch, first_seq, last_seq, reason) ON gaps TO weir_ingest;
GRANT SELECT ON gaps TO weir_auditor;
