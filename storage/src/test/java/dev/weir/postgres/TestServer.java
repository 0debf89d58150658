package dev.weir.postgres;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/// One embedded server and one Vert.x for all tests of this JVM, a database for each that asks.
public final class TestServer {
    public static final Vertx VERTX = Vertx.vertx();
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final EmbeddedPostgres SERVER = start();
    private static final Database TEMPLATE = migrated();

    private TestServer() {}

    /// An empty database.
    static Database emptyDatabase() {
        return create("test_" + DATABASES.incrementAndGet(), "template1");
    }

    /// A database with the schema and nothing in it.
    public static Database database() {
        return create("test_" + DATABASES.incrementAndGet(), TEMPLATE.database());
    }

    private static Database migrated() {
        Database template = create("migrated", "template1");
        Schema.migrate(template);
        return template;
    }

    private static Database create(String name, String template) {
        Database server = SERVER.database();
        try (var connection = server.connect(); var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name + " TEMPLATE " + template);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return server.named(name);
    }

    private static EmbeddedPostgres start() {
        try {
            Path folder = Files.createTempDirectory("weir-test");
            var server = EmbeddedPostgres.start(folder);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.close();
                try {
                    ServerBinaries.delete(folder);
                } catch (IOException e) {
                    System.err.println("left behind: " + folder + ": " + e);
                }
            }));
            return server;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("the embedded PostgreSQL for tests does not start", e);
        }
    }
}
