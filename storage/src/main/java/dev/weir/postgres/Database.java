package dev.weir.postgres;

import io.vertx.pgclient.PgConnectOptions;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

import static java.nio.charset.StandardCharsets.UTF_8;

/// Where a database is and as whom to enter it. Prints no password. Immutable.
///
/// @param user the one that prepares roles and schema: a superuser, or `weir_owner`, or any role with CREATEROLE and
///            CREATE on the database
/// @param password also what the passwords of the other roles are derived from, so that all nodes of one database agree
public record Database(String host, int port, String database, String user, Secret password) {
    private static final int PORT_DEFAULT = 5432;
    private static final String FORM = "postgresql://user:password@host:port/database";

    public Database {
        if (host.isEmpty() || database.isEmpty() || user.isEmpty() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "a database has a host, a port of 1 to 65535, a name and a user, not host '"
                            + host + "', port " + port + ", name '" + database + "', user '" + user + "'");
        }
    }

    /// Reads `postgresql://user:password@host:port/database`; user and password percent-coded, the port 5432 where absent.
    ///
    /// @throws IllegalArgumentException if the text has another form; the message repeats nothing of it, it may hold a password
    public static Database ofUrl(String url) {
        URI uri = parse(url);
        String[] login = uri.getRawUserInfo() == null ? new String[0] : uri.getRawUserInfo().split(":", 2);
        boolean known = "postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme());
        if (!known || uri.getHost() == null || login.length != 2 || uri.getPath().length() < 2) {
            throw notAnUrl();
        }
        if (uri.getRawQuery() != null) {
            throw new IllegalArgumentException(
                    "database.url has parameters after '?', and none is known: take them off");
        }
        return new Database(uri.getHost(), uri.getPort() < 0 ? PORT_DEFAULT : uri.getPort(), uri.getPath().substring(1),
                decode(login[0]), Secret.of(decode(login[1])));
    }

    /// The same server and database, entered as one of Weir's own roles.
    public Database as(Role role) {
        return new Database(host, port, database, role.id(), passwordOf(role));
    }

    /// The same server, another database.
    public Database named(String name) {
        return new Database(host, port, name, user, password);
    }

    Secret passwordOf(Role role) {
        return role.id().equals(user) ? password : password.derive(role.id());
    }

    /// Where it is, for messages.
    String place() {
        return host + ":" + port + "/" + database;
    }

    String jdbcUrl() {
        return "jdbc:postgresql://" + place();
    }

    /// A JDBC connection, for migrations and bulk jobs.
    Connection connect() throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password.reveal());
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("ApplicationName", "weir");
        return DriverManager.getConnection(jdbcUrl(), properties);
    }

    PgConnectOptions toOptions() {
        return new PgConnectOptions().setHost(host)
                .setPort(port)
                .setDatabase(database)
                .setUser(user)
                .setPassword(password.reveal())
                .addProperty("application_name", "weir");
    }

    private static URI parse(String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw notAnUrl();
        }
    }

    private static IllegalArgumentException notAnUrl() {
        return new IllegalArgumentException("database.url is not of the form " + FORM
                + " (percent-code what is special in user and password)");
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }
}
