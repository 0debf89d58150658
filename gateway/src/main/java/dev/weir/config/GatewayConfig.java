package dev.weir.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// All that is configured, complete and checked: every default applied, every value in its type.
///
/// Made by [ConfigReader] from `config/weir.yaml`, the environment and the command line; each part of Weir is handed its
/// own record of it. Immutable, any thread. Its text form shows no secret.
///
/// @param listen where clients reach the two faces
/// @param control the control plane's surroundings
/// @param data the folder of everything Weir keeps on this node
/// @param node who this node is
/// @param database where usage is stored
/// @param pipeline how it gets there
/// @param kafka what is on the way where that is through Kafka
/// @param keys the secrets Weir itself is run with
/// @param alerts where alerts may go
/// @param demo the tenant made at the first start
/// @param limits how much clients may send and hold
/// @param deadlines how long clients may take
/// @param spool the durable local log
/// @param leases what this node may spend of limits that nodes share
/// @param budget what becomes of limits on cost without a database
/// @param prices the price book's additions
/// @param runtime threads and sockets
/// @param log what is written to standard output
/// @param routes by name, in the file's order
public record GatewayConfig(Listen listen, Control control, Path data, Node node, Database database,
        Pipeline pipeline, Kafka kafka, Keys keys, Alerts alerts, Demo demo, Limits limits, ClientDeadlines deadlines,
        Spool spool, Leases leases, Budget budget, Prices prices, Runtime runtime, Log log,
        Map<String, RouteConfig> routes) {
    public GatewayConfig {
        routes = Collections.unmodifiableMap(new LinkedHashMap<>(routes));
    }

    /// @param data the data plane
    /// @param control the control plane
    /// @param tls serves the data plane over TLS, HTTP/2 by ALPN; empty: plaintext, HTTP/1.1 and h2c by prior knowledge
    public record Listen(Address data, Address control, Optional<TlsFiles> tls) {}

    /// @param behindProxy whether a proxy in front of the control plane does TLS and keeps strangers out
    /// @param tls serves the control plane over TLS
    /// @param governanceHash what requests of the metering service must send as `X-Constitutional-Hash`; empty: nothing
    public record Control(boolean behindProxy, Optional<TlsFiles> tls, Optional<String> governanceHash) {}

    /// @param id unique among the nodes of one database; empty: made once and kept in the data folder
    /// @param region where this node runs, as events record it
    public record Node(Optional<String> id, String region) {}

    /// @param url `postgresql://host:port/name?…`; empty: the embedded server in the data folder
    /// @param user the owner role, which migrates
    /// @param password its password
    /// @param connections of this node, all parts together
    /// @param embeddedPort of the embedded server; 0: any free one
    public record Database(Optional<String> url, String user, Optional<Secret> password, int connections,
            int embeddedPort) {
        public boolean isEmbedded() {
            return url.isEmpty();
        }
    }

    /// How events get from the spool into PostgreSQL.
    public enum Pipeline {
        DIRECT, KAFKA;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// @param bootstrap `host:port`, several with commas between
    /// @param topic holds the events; dead letters go to the topic of that name and `.dead`
    /// @param partitions of the topic where Weir makes it
    /// @param replication copies of each partition where Weir makes the topic; 0: the broker's default
    /// @param group of all sinks that share one database
    /// @param tls whether the brokers are spoken to over TLS
    /// @param tlsCa the authorities to trust, PEM; empty: the JDK's
    /// @param user whom the brokers know by SASL; empty: nobody asks
    /// @param password the user's
    /// @param mechanism of SASL
    /// @param clientFile further properties of Kafka's clients, as its own tools take them
    public record Kafka(Optional<String> bootstrap, String topic, int partitions, int replication, String group,
            boolean tls, Optional<Path> tlsCa, Optional<String> user, Optional<Secret> password, Mechanism mechanism,
            Optional<Path> clientFile) {
        /// How a password is shown to a broker.
        public enum Mechanism {
            SCRAM_SHA_512, SCRAM_SHA_256, PLAIN;

            /// As Kafka writes it, in lower case.
            @Override
            public String toString() {
                return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            }
        }
    }

    /// @param pepper what tenant keys are hashed with; empty: made once and kept in the data folder
    /// @param admin the admin key of the control plane; empty: made once and kept in the data folder
    /// @param staleAfter without word from the database for so long, nobody is trusted any more
    public record Keys(Optional<Secret> pepper, Optional<Secret> admin, Duration staleAfter) {}

    /// @param allowPrivate whether webhooks may be on this machine or a private network, and without TLS (G11.2)
    public record Alerts(boolean allowPrivate) {}

    /// @param enabled whether the `demo` tenant is made at the first start
    /// @param key its key; empty: made and kept in the data folder
    public record Demo(boolean enabled, Optional<Secret> key) {}

    /// @param folder empty: `spool` in the data folder
    /// @param sync longest time a kept record may be unsynced; zero: synced before anything goes upstream
    /// @param segment size of one segment file
    /// @param quota all segments together; at 70 % a warning, at 90 % shedding, at 100 % refusal
    /// @param retention how long a segment stays after it was sealed, though all of it is stored
    public record Spool(Optional<Path> folder, Duration sync, ByteSize segment, ByteSize quota, Duration retention) {
        public static final Spool DEFAULTS = new Spool(Optional.empty(), Duration.ofMillis(10), ByteSize.ofMiB(64),
                ByteSize.ofMiB(4096), Duration.ofHours(24));
    }

    /// @param expire how long a node that cannot reach the database goes on within what it was lent
    public record Leases(Duration expire) {}

    /// @param outageBound how far over a limit on cost all nodes together may go while the database cannot be asked
    public record Budget(Percent outageBound) {}

    /// @param file a price file in the built-in one's format, whose rows win over those
    public record Prices(Optional<Path> file) {}

    /// @param eventLoops 0: one for each processor but one, and at least one
    /// @param transport how sockets are driven
    public record Runtime(int eventLoops, Transport transport) {
        /// How sockets are driven; `auto` takes the fastest that works here.
        public enum Transport {
            AUTO, IO_URING, EPOLL, NIO;

            @Override
            public String toString() {
                return name().toLowerCase(java.util.Locale.ROOT);
            }
        }
    }

    /// @param level of Weir's own lines
    public record Log(Level level) {
        /// From the fewest lines to the most.
        public enum Level {
            ERROR, WARN, INFO, DEBUG;

            @Override
            public String toString() {
                return name().toLowerCase(java.util.Locale.ROOT);
            }
        }
    }

    public Path spoolFolder() {
        return spool.folder().orElse(data.resolve("spool"));
    }
}
