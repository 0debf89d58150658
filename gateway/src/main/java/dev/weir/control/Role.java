package dev.weir.control;

/// What a caller of the control plane may do.
enum Role {
    /// Reads and writes everything.
    ADMIN("admin"),
    /// Reads everything, writes nothing.
    AUDITOR("auditor"),
    /// Reads what belongs to its own tenant.
    VIEWER("viewer");

    private final String id;

    Role(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }
}
