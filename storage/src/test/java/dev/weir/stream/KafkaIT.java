package dev.weir.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.event.EventId;
import dev.weir.event.UsageEvent;
import dev.weir.postgres.Database;
import dev.weir.postgres.EmbeddedPostgres;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.PostgresStore;
import dev.weir.postgres.RandomEvents;
import dev.weir.postgres.Tables;
import dev.weir.postgres.TestServer;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.StoreException;
import dev.weir.spool.UsageStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The way through a real broker, and all that can go wrong on it: the tables are those of the direct way.
@Timeout(180)
final class KafkaIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final AtomicInteger TOPICS = new AtomicInteger();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path brokerFolder;
    @SuppressWarnings("NullAway.Init")
    private static Broker broker;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Database direct = TestServer.database();
    private final Database streamed = TestServer.database();
    private final StreamConfig config = broker.config("usage-" + TOPICS.incrementAndGet(), 4);
    private final RandomEvents random = new RandomEvents(TOPICS.get(), Instant.now());

    @BeforeAll
    static void startBroker() throws Exception {
        broker = Broker.start(brokerFolder);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Test
    void bothWaysGiveTheSameTables() throws Exception {
        try (var one = store(direct);
                var other = store(streamed);
                var writer = new TopicWriter(config, other);
                var here = new Node(folder.resolve("a"), "node-1", one);
                var there = new Node(folder.resolve("b"), "node-1", writer);
                var sink = new Sinks(config, other)) {
            for (int i = 0; i < 3_000; i++) {
                var event = random.event(i);
                here.keep(event);
                there.keep(event);
            }
            await().atMost(PATIENCE).until(() -> here.lag() == 0 && there.lag() == 0);
            assertThat(sink.sink().storedEvents()).isEqualTo(3_000);
        }
        assertThat(Tables.all(streamed)).hasSizeGreaterThan(3_000).isEqualTo(Tables.all(direct));
    }

    @Test
    void brokerStoppedAndStartedInTheMiddleLosesAndDoublesNothing() throws Exception {
        try (var store = store(streamed);
                var writer = new TopicWriter(config, store);
                var node = new Node(folder, "node-1", writer);
                var sink = new Sinks(config, store)) {
            List<KeptEvent> kept = keep(node, 1_000);
            await().atMost(PATIENCE).until(() -> sink.sink().storedEvents() > 0);
            broker.stop();
            try {
                kept.addAll(keep(node, 1_000));
                await().atMost(PATIENCE).until(() -> node.shipper().failedSteps() > 0);
            } finally {
                broker.start();
            }
            kept.addAll(keep(node, 1_000));
            await().atMost(PATIENCE).until(() -> node.lag() == 0);
            assertStored(numbered(kept));
        }
    }

    @Test
    void wipedTopicLosesNothingBecauseTheSpoolKeepsWhatIsNotStored() throws Exception {
        try (var store = store(streamed);
                var writer = new TopicWriter(config, store);
                var node = new Node(folder, "node-1", writer)) {
            List<KeptEvent> kept = keep(node, 1_500);
            await().atMost(PATIENCE).until(() -> node.shipper().storedEvents() >= 1_500);
            try (var admin = Admin.create(config.properties(Map.of()))) {
                admin.deleteTopics(List.of(config.topic())).all().get();
                await().atMost(PATIENCE).until(() -> !admin.listTopics().names().get().contains(config.topic()));
            }
            kept.addAll(keep(node, 500));
            try (var sink = new Sinks(config, store)) {
                await().atMost(PATIENCE).until(() -> node.lag() == 0);
                assertThat(sink.sink().partitions()).isEqualTo(4);
            }
            assertStored(numbered(kept));
        }
    }

    @Test
    void sinksThatJoinAndLeaveLoseAndDoubleNothing() throws Exception {
        List<KeptEvent> all = new ArrayList<>();
        try (var store = store(streamed);
                var writer = new TopicWriter(config, store);
                var first = new Sinks(config, store)) {
            for (int round = 0; round < 10; round++) {
                all.addAll(round(writer, round));
                if (round == 2) {
                    await().atMost(PATIENCE).until(() -> first.sink().partitions() == 4);
                }
            }
            try (var second = new Sinks(config, store)) {
                all.addAll(round(writer, 10));
                await().atMost(PATIENCE).until(() -> second.sink().partitions() > 0);
                try (var third = new Sinks(config, store)) {
                    all.addAll(round(writer, 11));
                    await().atMost(PATIENCE).until(() -> third.sink().partitions() > 0);
                    all.addAll(round(writer, 12));
                }
                all.addAll(round(writer, 13));
            }
            all.addAll(round(writer, 14));
            await().atMost(PATIENCE).until(() -> stored() == all.size());
        }
        assertStored(all);
    }

    @Test
    void recordsDeliveredAgainChangeNothing() throws Exception {
        List<KeptEvent> kept = random.kept(1, 800);
        try (var store = store(streamed); var writer = new TopicWriter(config, store)) {
            for (Batch batch : random.batches(kept)) {
                writer.store(batch);
                writer.store(batch);
            }
            for (String group : List.of("first", "from the beginning again")) {
                var other = new StreamConfig(config.bootstrap(), config.topic(), 4, 1, group,
                        config.clientProperties());
                try (var sink = new Sinks(other, store)) {
                    await().atMost(PATIENCE).until(() -> sink.sink().storedEvents() == 1_600);
                }
                assertStored(kept);
            }
        }
    }

    @Test
    void theNewerGroupProtocolStoresTheSame() throws Exception {
        List<KeptEvent> kept = random.kept(1, 300);
        var newer = new StreamConfig(config.bootstrap(), config.topic(), 4, 1, "newer",
                Map.of("group.protocol", "consumer"));
        try (var store = store(streamed);
                var writer = new TopicWriter(newer, store);
                var sink = new Sinks(newer, store)) {
            writer.store(batch(kept, 0, 300));
            await().atMost(PATIENCE).until(() -> sink.sink().storedEvents() == 300);
        }
        assertStored(kept);
    }

    @Test
    void poisonGoesToTheDeadLettersAndNothingWaitsForIt() throws Exception {
        List<KeptEvent> kept = new ArrayList<>(random.kept(1, 300));
        var refused = new KeptEvent(kept.get(99).id(), at(kept.get(99).event(), "+300000-01-01T00:00:00Z"));
        try (var store = store(streamed);
                var writer = new TopicWriter(config, store);
                var producer = new KafkaProducer<>(config.properties(Map.of()), new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            writer.store(batch(kept, 0, 50));
            producer.send(new ProducerRecord<>(config.topic(), bytes("n1"), bytes("no event at all"))).get();
            var unreadable = CloudEvents.write(config.topic(), kept.get(50), 50);
            var broken = new ProducerRecord<>(config.topic(), null, unreadable.key(), bytes("{\"call_id\":7}"),
                    unreadable.headers());
            producer.send(broken).get();
            writer.store(batch(kept, 51, 99));
            kept.set(99, refused);
            writer.store(batch(kept, 99, 200));
            writer.store(batch(kept, 200, 300));
            try (var sink = new Sinks(config, store)) {
                await().atMost(PATIENCE).until(() -> stored() == 298);
                assertThat(sink.sink().deadLetters(Poison.UNREADABLE)).isEqualTo(2);
                assertThat(sink.sink().deadLetters(Poison.REFUSED)).isEqualTo(1);
                assertThat(sink.sink().passedOver()).isZero();
            }
        }
        kept.remove(99);
        kept.remove(50);
        assertStored(kept);
        var letters = deadLetters(3);
        assertThat(letters).extracting(letter -> header(letter, "weir_reason"))
                .containsExactlyInAnyOrder("unreadable", "unreadable", "refused");
        assertThat(letters).filteredOn(letter -> header(letter, "weir_reason").equals("refused"))
                .singleElement()
                .satisfies(letter -> assertThat(CloudEvents.read(letter, refused.id())).isEqualTo(refused));
    }

    @Test
    void databaseThatIsAwayIsWaitedForAndIsNoPoison() throws Exception {
        List<KeptEvent> kept = random.kept(1, 2_000);
        var server = new AtomicReference<>(EmbeddedPostgres.start(folder));
        var database = server.get().database();
        try (var postgres = Postgres.open(TestServer.VERTX, database);
                var writer = new TopicWriter(config, postgres.store());
                var sink = new Sinks(config, postgres.store())) {
            writer.store(batch(kept, 0, 500));
            await().atMost(PATIENCE).until(() -> sink.sink().storedEvents() == 500);
            server.get().close();
            writer.store(batch(kept, 500, 2_000));
            await().atMost(PATIENCE).until(() -> sink.sink().failedSteps() >= 3);
            assertThat(sink.sink().partitions()).isEqualTo(4);
            server.set(EmbeddedPostgres.start(folder, database.port()));
            await().atMost(PATIENCE).until(() -> sink.sink().lastError() == null && sink.sink().behind() == 0);
            assertThat(Tables.value(database, "SELECT count(*) FROM weir.usage_events")).isEqualTo("2000");
            assertThat(Tables.value(database, "SELECT sum(events) FROM weir.usage_rollups")).isEqualTo("2000");
            assertThat(sink.sink().deadLetters(Poison.REFUSED)).isZero();
        } finally {
            server.get().close();
        }
    }

    @Test
    void sinkKilledBetweenTheDatabasesCommitAndTheOffsetsDoublesNothing() throws Exception {
        List<KeptEvent> kept = random.kept(1, 400);
        try (var store = store(streamed); var writer = new TopicWriter(config, store)) {
            writer.store(batch(kept, 0, 400));
            try (var dying = new Sinks(config, killedAfterCommit(store))) {
                await().atMost(PATIENCE).until(() -> !dying.isAlive());
            }
            assertThat(stored()).isPositive();
            try (var sink = new Sinks(config, store)) {
                await().atMost(PATIENCE).until(() -> sink.sink().storedEvents() == 400);
            }
        }
        assertStored(kept);
    }

    /// Stores, and never returns.
    private static UsageStore killedAfterCommit(PostgresStore store) {
        return new UsageStore() {
            @Override
            public long store(Batch batch) throws StoreException {
                store.store(batch);
                throw new AssertionError("killed");
            }

            @Override
            public long watermark(String node, long epoch) throws StoreException {
                return store.watermark(node, epoch);
            }
        };
    }

    private static PostgresStore store(Database database) {
        return new PostgresStore(TestServer.VERTX, database);
    }

    private List<KeptEvent> keep(Node node, int count) {
        var kept = new ArrayList<KeptEvent>();
        for (int i = 0; i < count; i++) {
            var event = random.event(i);
            node.keep(event);
            kept.add(new KeptEvent(new EventId("node-1", 1, i + 1), event));
        }
        return kept;
    }

    /// With the seqs in the order in which they were kept.
    private static List<KeptEvent> numbered(List<KeptEvent> kept) {
        var numbered = new ArrayList<KeptEvent>();
        for (KeptEvent one : kept) {
            numbered.add(new KeptEvent(new EventId("node-1", 1, numbered.size() + 1), one.event()));
        }
        return numbered;
    }

    /// A hundred events of each of six nodes.
    private List<KeptEvent> round(TopicWriter writer, int round) throws StoreException {
        var all = new ArrayList<KeptEvent>();
        for (int node = 0; node < 6; node++) {
            var events = new ArrayList<KeptEvent>();
            for (int i = 1; i <= 100; i++) {
                events.add(new KeptEvent(new EventId("node-" + node, 1, round * 100L + i), random.event(i)));
            }
            writer.store(new Batch("node-" + node, 1, events));
            all.addAll(events);
        }
        return all;
    }

    private static Batch batch(List<KeptEvent> kept, int from, int to) {
        return new Batch(RandomEvents.NODE, 1, kept.subList(from, to));
    }

    private static UsageEvent at(UsageEvent event, String time) {
        return new UsageEvent(event.callId(), event.attempt(), Instant.parse(time), event.tenant(), event.key(),
                event.user(), event.route(), event.provider(), event.modelAsked(), event.modelAnswered(),
                event.region(), event.serviceTier(), event.providerRequestId(), event.attribution(),
                event.quantities(), event.bytes(), event.clientStatus(), event.upstreamStatus(), event.latencyNanos(),
                event.firstTokenNanos(), event.clientRetryCount(), event.retryAfterSeconds(), event.outcome(),
                event.reasonCode(), event.priceVersion(), event.cost(), event.flags(), event.tools(),
                event.costReported());
    }

    private long stored() throws Exception {
        return Long.parseLong(Tables.value(streamed, "SELECT count(*) FROM weir.usage_events"));
    }

    /// The tables are those that the direct way makes of the same events.
    private void assertStored(List<KeptEvent> events) throws Exception {
        var fresh = TestServer.database();
        try (var store = store(fresh)) {
            var start = new ArrayList<KeptEvent>();
            for (KeptEvent kept : events) {
                if (!start.isEmpty() && !start.getLast().id().node().equals(kept.id().node())) {
                    store.store(new Batch(start.getFirst().id().node(), 1, start));
                    start.clear();
                }
                start.add(kept);
            }
            store.store(new Batch(start.getFirst().id().node(), 1, start));
        }
        assertThat(Tables.all(streamed)).isEqualTo(Tables.all(fresh));
    }

    private List<ConsumerRecord<byte[], byte[]>> deadLetters(int count) {
        var letters = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try (var consumer = new KafkaConsumer<>(config.properties(Map.of("auto.offset.reset", "earliest")),
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(config.deadTopic(), 0)));
            await().atMost(PATIENCE).until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(letters::add);
                return letters.size() >= count;
            });
        }
        return letters;
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return CloudEvents.bytes(text);
    }
}
