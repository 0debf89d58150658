package dev.weir.postgres;

import io.vertx.sqlclient.Tuple;

/// What all nodes of a database must have in common. Blocks; any thread but an event loop.
public final class Installation {
    private static final String MAKE = "INSERT INTO weir.installation (pepper_mark) VALUES ($1) ON CONFLICT DO NOTHING";
    private static final String MARK = "SELECT pepper_mark FROM weir.installation";

    private final Client app;

    Installation(Client app) {
        this.app = app;
    }

    /// Whether keys are hashed here with the pepper that is marked so; the first that asks decides.
    ///
    /// @param pepperMark tells peppers apart and nothing else about them
    public boolean hasPepper(String pepperMark) {
        app.query(MAKE, Tuple.of(pepperMark));
        return app.query(MARK, Tuple.tuple()).iterator().next().getString(0).equals(pepperMark);
    }
}
