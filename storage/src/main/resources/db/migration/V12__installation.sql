-- What all nodes of a database must have in common.
CREATE TABLE installation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- tells one pepper from another, and nothing else about it
    pepper_mark text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT (pepper_mark) ON installation TO weir_app;
GRANT SELECT ON installation TO weir_auditor;
