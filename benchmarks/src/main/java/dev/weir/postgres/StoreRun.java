package dev.weir.postgres;

import com.sun.management.OperatingSystemMXBean;
import dev.weir.benchmarks.SampleTraffic;
import dev.weir.event.EventId;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Stores the same events through [PostgresStore] and by JDBC COPY into tables of the same columns, in turns, in the embedded
/// PostgreSQL. `benchmarks/store.py` runs it.
///
/// `StoreRun FOLDER ROUNDS EVENTS`: in each round each contender stores as many events, one batch after the other, in a random
/// order of contenders. Prints one line of JSON for each visit. What a contender sends is made before the clock runs: batches of
/// events for Weir, which makes arrays of them within the time, and finished COPY rows for the others. At the end the tables are
/// counted.
public final class StoreRun {
    private static final String NODE = "bench";

    private final EmbeddedPostgres server;
    private final List<Contender> contenders;
    private final SampleTraffic traffic = new SampleTraffic(Instant.now());
    private final OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private long made;

    private StoreRun(EmbeddedPostgres server, List<Contender> contenders) {
        this.server = server;
        this.contenders = contenders;
    }

    public static void main(String[] args) throws Exception {
        var vertx = Vertx.vertx();
        try (var server = EmbeddedPostgres.start(Path.of(args[0]))) {
            Schema.migrate(server.database());
            try (var store = new PostgresStore(vertx, server.database());
                    var bare = CopyTable.create(server.database(), "copy_bare", false);
                    var keyed = CopyTable.create(server.database(), "copy_keyed", true)) {
                store.preparePartitions(LocalDate.now(ZoneOffset.UTC));
                var contenders = new ArrayList<Contender>();
                for (int batch : new int[]{100, 1_000, 5_000}) {
                    contenders.add(new Contender("weir", batch, b -> b, b -> store.store((Batch) b)));
                    contenders.add(new Contender("copy_keyed", batch, keyed::rows, b -> keyed.copy((byte[]) b)));
                    contenders.add(new Contender("copy_bare", batch, bare::rows, b -> bare.copy((byte[]) b)));
                }
                var run = new StoreRun(server, contenders);
                run.rounds(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
                run.count();
            }
        } finally {
            vertx.close().await();
        }
    }

    /// Makes of a batch what is sent.
    private interface Preparation {
        Object prepare(Batch batch) throws Exception;
    }

    /// Stores what was made of a batch, in one transaction.
    private interface Storing {
        void store(Object prepared) throws Exception;
    }

    private record Contender(String name, int batch, Preparation preparation, Storing storing) {}

    private void rounds(int rounds, int events) throws Exception {
        for (int round = 0; round <= rounds; round++) {
            Collections.shuffle(contenders);
            for (Contender contender : contenders) {
                var result = visit(contender, events);
                if (round > 0) {
                    System.out.println(result.put("round", round).encode());
                }
            }
        }
    }

    private JsonObject visit(Contender contender, int events) throws Exception {
        var prepared = new ArrayList<Object>();
        for (int left = events; left > 0; left -= contender.batch) {
            prepared.add(contender.preparation.prepare(batch(contender.batch)));
        }
        checkpoint();
        long serverCpu = serverCpuTicks();
        long ownCpu = process.getProcessCpuTime();
        long begun = System.nanoTime();
        for (Object batch : prepared) {
            contender.storing.store(batch);
        }
        long nanos = System.nanoTime() - begun;
        long stored = (long) prepared.size() * contender.batch;
        return new JsonObject().put("way", contender.name)
                .put("batch", contender.batch)
                .put("events", stored)
                .put("events_per_s", stored * 1_000_000_000L / nanos)
                .put("own_cpu_us", (process.getProcessCpuTime() - ownCpu) / 1_000.0 / stored)
                .put("server_cpu_us", (serverCpuTicks() - serverCpu) * 10_000.0 / stored);
    }

    /// So that no contender pays for what another left to be written.
    private void checkpoint() throws Exception {
        try (var connection = server.database().connect(); var statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        }
    }

    private Batch batch(int size) {
        var events = new ArrayList<KeptEvent>(size);
        for (int i = 0; i < size; i++) {
            made++;
            events.add(new KeptEvent(new EventId(NODE, 1, made), traffic.settlement(made)));
        }
        return new Batch(NODE, 1, events);
    }

    /// User and system time of all processes of the server, those that have ended included, in ticks of 10 ms.
    private long serverCpuTicks() throws IOException {
        long ticks = 0;
        var tree = new ArrayList<>(List.of(ProcessHandle.of(server.pid()).orElseThrow()));
        tree.addAll(tree.getFirst().descendants().toList());
        for (ProcessHandle one : tree) {
            try {
                String stat = Files.readString(Path.of("/proc/" + one.pid() + "/stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                ticks += one.pid() == server.pid() ? Long.parseLong(fields[13]) + Long.parseLong(fields[14]) : 0;
            } catch (java.nio.file.NoSuchFileException ended) {
                // Its time is in its parent's.
            }
        }
        return ticks;
    }

    private void count() throws Exception {
        try (var connection = server.database().connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery("""
                        SELECT (SELECT count(*) FROM weir.usage_events),
                            (SELECT sum(events) FROM weir.usage_rollups),
                            (SELECT count(*) FROM weir.usage_rollups),
                            (SELECT count(*) FROM weir.copy_bare) + (SELECT count(*) FROM weir.copy_keyed)""")) {
            row.next();
            System.out.println(new JsonObject().put("made", made)
                    .put("weir_events", row.getLong(1))
                    .put("rolled_up", row.getLong(2))
                    .put("rollup_rows", row.getLong(3))
                    .put("copied", row.getLong(4))
                    .encode());
        }
    }
}
