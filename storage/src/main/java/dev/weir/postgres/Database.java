package dev.weir.postgres;

import io.vertx.pgclient.PgConnectOptions;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.ds.PGSimpleDataSource;

import static java.nio.charset.StandardCharsets.UTF_8;

/// Where a database is and as whom to enter it. Prints no password. Immutable.
///
/// @param user the one that prepares roles and schema: a superuser, or `weir_owner`, or any role with CREATEROLE and
///            CREATE on the database
/// @param password also what the passwords of the other roles are derived from, so that all nodes of one database agree
/// @param tls how the way there is protected
public record Database(String host, int port, String database, String user, Secret password, DatabaseTls tls) {
    private static final int PORT_DEFAULT = 5432;
    private static final int CONNECT_SECONDS_MAX = 10;
    private static final String APPLICATION = "weir";
    private static final String FORM = "postgresql://user:password@host:port/database";

    public Database {
        if (host.isEmpty() || database.isEmpty() || user.isEmpty() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "a database has a host, a port of 1 to 65535, a name and a user, not host '"
                            + host + "', port " + port + ", name '" + database + "', user '" + user + "'");
        }
    }

    /// Without TLS: on this machine.
    public Database(String host, int port, String database, String user, Secret password) {
        this(host, port, database, user, password, DatabaseTls.NONE);
    }

    /// Reads `postgresql://user:password@host:port/database?sslmode=…&sslrootcert=FILE`; user and password percent-coded, the
    /// port 5432 and the mode `prefer` where absent.
    ///
    /// @throws IllegalArgumentException if the text has another form; the message repeats nothing of it, it may hold a password
    public static Database ofUrl(String url) {
        URI uri = parse(url);
        String[] login = uri.getRawUserInfo() == null ? new String[0] : uri.getRawUserInfo().split(":", 2);
        boolean known = "postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme());
        if (!known || uri.getHost() == null || login.length != 2 || uri.getPath().length() < 2) {
            throw notAnUrl();
        }
        return new Database(uri.getHost(), uri.getPort() < 0 ? PORT_DEFAULT : uri.getPort(), uri.getPath().substring(1),
                decode(login[0]), Secret.of(decode(login[1])), DatabaseTls.ofQuery(uri.getRawQuery()));
    }

    /// The same server and database, entered as one of Weir's own roles.
    public Database as(Role role) {
        return new Database(host, port, database, role.id(), passwordOf(role), tls);
    }

    /// The same server, another database.
    public Database named(String name) {
        return new Database(host, port, name, user, password, tls);
    }

    Secret passwordOf(Role role) {
        return role.id().equals(user) ? password : password.derive(role.id());
    }

    /// Where it is, for messages.
    String place() {
        return host + ":" + port + "/" + database;
    }

    /// A JDBC connection, for migrations and bulk jobs.
    Connection connect() throws SQLException {
        return dataSource().getConnection();
    }

    /// Its connects end when their thread is interrupted, and on their own where the server takes the connection and says
    /// nothing.
    PGSimpleDataSource dataSource() {
        var source = new PGSimpleDataSource();
        source.setServerNames(new String[]{host});
        source.setPortNumbers(new int[]{port});
        source.setDatabaseName(database);
        source.setUser(user);
        source.setPassword(password.reveal());
        source.setConnectTimeout(CONNECT_SECONDS_MAX);
        source.setLoginTimeout(CONNECT_SECONDS_MAX);
        source.setApplicationName(APPLICATION);
        tls.applyTo(source);
        return source;
    }

    PgConnectOptions toOptions() {
        var options = new PgConnectOptions().setHost(host)
                .setPort(port)
                .setDatabase(database)
                .setUser(user)
                .setPassword(password.reveal())
                .addProperty("application_name", APPLICATION);
        tls.applyTo(options);
        return options;
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

    static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }
}
