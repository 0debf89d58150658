package dev.weir.stream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/// A Kafka broker in this JVM, on ports and in a folder that stay through its restarts. For the system tests too.
public final class Broker implements AutoCloseable {
    private final Properties properties = new Properties();
    private final int port;
    private @Nullable KafkaRaftServer server;

    private Broker(Path folder) throws IOException {
        int controller;
        // Both at once, or the same one may be free twice.
        try (var socket = freeSocket(); var other = freeSocket()) {
            port = socket.getLocalPort();
            controller = other.getLocalPort();
        }
        properties.putAll(Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", "1"),
                Map.entry("controller.quorum.voters", "1@127.0.0.1:" + controller),
                Map.entry("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller),
                Map.entry("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"),
                Map.entry("log.dirs", folder.resolve("log").toString()),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("share.coordinator.state.topic.replication.factor", "1"),
                Map.entry("share.coordinator.state.topic.min.isr", "1"),
                Map.entry("group.initial.rebalance.delay.ms", "0"),
                Map.entry("group.min.session.timeout.ms", "500"),
                Map.entry("auto.create.topics.enable", "false")));
        format(folder);
    }

    /// Starts on an empty folder.
    ///
    /// @throws IOException where it cannot be formatted as a broker's
    public static Broker start(Path folder) throws IOException {
        var broker = new Broker(folder);
        broker.start();
        return broker;
    }

    private void format(Path folder) throws IOException {
        Path file = Files.createDirectories(folder).resolve("server.properties");
        try (var writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        var said = new ByteArrayOutputStream();
        int code = StorageTool.execute(new String[]{"format", "-t", Uuid.randomUuid().toString(), "-c",
            file.toString()}, new PrintStream(said, true));
        if (code != 0) {
            throw new IOException("the broker's folder was not formatted: " + said);
        }
    }

    void start() {
        var begun = new KafkaRaftServer(new KafkaConfig(properties), Time.SYSTEM);
        begun.startup();
        server = begun;
    }

    void stop() {
        var running = server;
        server = null;
        if (running != null) {
            running.shutdown();
            running.awaitShutdown();
        }
    }

    /// Where clients find it: host and port.
    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    /// The way there, for a topic of one's own.
    StreamConfig config(String topic, int partitions) {
        return new StreamConfig(bootstrap(), topic, partitions, 1, "sinks-of-" + topic,
                new HashMap<>(Map.of("session.timeout.ms", "1000", "heartbeat.interval.ms", "200",
                        "metadata.max.age.ms", "1000")));
    }

    @Override
    public void close() {
        stop();
    }

    private static ServerSocket freeSocket() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
    }
}
