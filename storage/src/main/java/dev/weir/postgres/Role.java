package dev.weir.postgres;

/// Who does what in the database (design decision 17). None is a superuser, none may bypass row-level security.
public enum Role {
    /// Owns the schema and migrates it; nothing else runs as this role.
    OWNER("weir_owner"),
    /// Stores events of any tenant; reads watermarks, the totals it adds to, and of the events only those of its own transaction.
    /// Exchanges leases by functions of the owner.
    INGEST("weir_ingest"),
    /// Sees and changes the one tenant it set for its transaction; without one it sees nothing.
    APP("weir_app"),
    /// Reads all, writes nothing.
    AUDITOR("weir_auditor");

    private final String id;

    Role(String id) {
        this.id = id;
    }

    /// The name of the role in PostgreSQL.
    public String id() {
        return id;
    }
}
