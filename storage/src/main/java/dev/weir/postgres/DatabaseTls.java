package dev.weir.postgres;

import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/// Whether the way to a database is encrypted and whom it must lead to, in libpq's words (PostgreSQL documentation, "SSL
/// Support"), said alike to both drivers: JDBC, which migrates, and the Vert.x client, which does all else.
///
/// @param authorities PEM file of the authorities to trust, empty for the JDK's; as with libpq, `require` with one verifies it
public record DatabaseTls(Mode mode, Optional<Path> authorities) {
    static final DatabaseTls NONE = new DatabaseTls(Mode.DISABLE, Optional.empty());

    /// From nothing to everything; libpq's `allow`, which encrypts only when it must, is not offered.
    public enum Mode {
        DISABLE,
        /// Encrypted where the server can; what holds where nothing is said.
        PREFER,
        /// Encrypted, with whomever.
        REQUIRE,
        /// Encrypted, with a server whose certificate a trusted authority signed.
        VERIFY_CA,
        /// Encrypted, with the very host that was named.
        VERIFY_FULL;

        /// As `sslmode` spells it.
        public String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public DatabaseTls {
        if (mode == Mode.REQUIRE && authorities.isPresent()) {
            mode = Mode.VERIFY_CA;
        }
    }

    /// Reads the parameters of a database URL.
    ///
    /// @param query what stands behind its `?`, null where nothing does
    /// @throws IllegalArgumentException for a parameter or a mode that is not known
    static DatabaseTls ofQuery(@Nullable String query) {
        Mode mode = Mode.PREFER;
        Optional<Path> authorities = Optional.empty();
        for (String parameter : query == null ? new String[0] : query.split("&")) {
            String[] sides = parameter.split("=", 2);
            String value = sides.length == 2 ? Database.decode(sides[1]) : "";
            switch (sides[0]) {
                case "sslmode" -> mode = modeOf(value);
                case "sslrootcert" -> authorities = Optional.of(Path.of(value));
                default -> throw new IllegalArgumentException("database.url has a parameter that Weir does not know."
                        + " Known are sslmode and sslrootcert; take the others off");
            }
        }
        return new DatabaseTls(mode, authorities);
    }

    private static Mode modeOf(String text) {
        for (Mode mode : Mode.values()) {
            if (mode.id().equals(text)) {
                return mode;
            }
        }
        throw new IllegalArgumentException(
                "database.url has an sslmode that Weir does not know. Write disable, prefer, require, verify-ca or"
                        + " verify-full");
    }

    private boolean verifies() {
        return mode == Mode.VERIFY_CA || mode == Mode.VERIFY_FULL;
    }

    void applyTo(PGSimpleDataSource source) {
        source.setSslMode(mode.id());
        if (!verifies()) {
            return;
        }
        authorities.ifPresentOrElse(pem -> source.setSslRootCert(pem.toString()),
                () -> source.setSslfactory(DefaultJavaSSLFactory.class.getName()));
    }

    void applyTo(PgConnectOptions options) {
        var tls = new ClientSSLOptions().setTrustAll(!verifies())
                .setHostnameVerificationAlgorithm(mode == Mode.VERIFY_FULL ? "HTTPS" : "");
        if (verifies()) {
            tls.setTrustOptions(authorities.<TrustOptions>map(pem -> new PemTrustOptions().addCertPath(pem.toString()))
                    .orElseGet(() -> TrustOptions.wrap(ofTheJdk())));
        }
        options.setSslMode(SslMode.of(mode.id())).setSslOptions(tls);
    }

    private static TrustManager ofTheJdk() {
        try {
            var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return factory.getTrustManagers()[0];
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has authorities that it trusts", e);
        }
    }
}
