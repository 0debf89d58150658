package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ChaosTraffic.Payer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A wall clock that jumps an hour back, a day ahead and back again, and over midnight, with a start in between: every unit is
/// in one window, no window begins a second time, no cap is passed, nothing is lost (G14).
class ClockChaosIT {
    private static final int CLIENTS = 6;
    private static final int ANSWERS_AT_A_TIME = 25;

    @TempDir
    private Path folder;

    private int jumps;
    private int part;

    @Test
    void aClockThatJumpsResetsNoWindowTwiceAndLosesNothing() throws Exception {
        long begun = System.nanoTime();
        Duration noon = untilNoon();
        Duration tomorrow = noon.plusHours(25);
        var server = ChaosServer.shared();
        try (var chaos = new Chaos(server.newDatabase(), 0)) {
            List<Payer> payers;
            try (var weir = WeirProcess.start(folder, chaos.config(), at(noon))) {
                payers = chaos.payers(weir, "acme", "pro", "free0", "free");
                use(chaos, weir, payers);
                jump(weir, noon.minusHours(1));
                expectRefused(chaos, weir, payers, "an hour back, in the same day");
                jump(weir, tomorrow);
                use(chaos, weir, payers);
                jump(weir, noon);
                expectRefused(chaos, weir, payers, "back in the first day");
                jump(weir, tomorrow);
                expectRefused(chaos, weir, payers, "in the second day again");
                jump(weir, noon);
                weir.kill();
            }
            try (var weir = WeirProcess.start(folder, chaos.config(), at(noon))) {
                expectRefused(chaos, weir, payers, "in the first day, after a start");
                jump(weir, tomorrow);
                expectRefused(chaos, weir, payers, "in the second day, after a start in the first");
                overMidnight(chaos, weir, payers, tomorrow);
                assertThat(weir.stop()).as(weir.log()).isZero();
            }
            ChaosFigures.tell("clock", begun, chaos.check("", "seed " + Chaos.seed()), jumps
                    + " jumps, one night passed under load");
        }
    }

    /// How far it is from now to noon of this day, so that an hour more or less is the same day.
    private static Duration untilNoon() {
        Instant now = Instant.now();
        return Duration.between(now, OffsetDateTime.ofInstant(now, ZoneOffset.UTC).with(LocalTime.NOON).toInstant());
    }

    private static WeirProcess.Program at(Duration offset) {
        return new WeirProcess.Program("dev.weir.FaultyWeir", List.of("-Xmx256m", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-D" + FaultyWeir.CLOCK + "=" + offset), List.of());
    }

    private void jump(WeirProcess weir, Duration offset) throws IOException {
        weir.order("clock " + offset);
        jumps++;
    }

    /// Everybody calls; then the free tenant calls until its day is used up.
    private void use(Chaos chaos, WeirProcess weir, List<Payer> payers) throws IOException, InterruptedException {
        load(chaos, weir, payers);
        chaos.traffic().exhaust("c" + ++part + "c", payers.getLast(), weir.url(""));
    }

    private void load(Chaos chaos, WeirProcess weir, List<Payer> payers) {
        try (var clients = chaos.traffic()
                .start(CLIENTS, Integer.MAX_VALUE, "c" + ++part + "c", payers,
                        () -> weir.url(""), weir::isAlive)) {
            clients.awaitAnswers(ANSWERS_AT_A_TIME);
        }
    }

    private void expectRefused(Chaos chaos, WeirProcess weir, List<Payer> payers, String when)
            throws IOException, InterruptedException {
        load(chaos, weir, payers);
        assertThat(chaos.traffic().one("c" + ++part + "c", payers.getLast(), weir.url("")).status())
                .as("a used up day does not begin again: %s", when)
                .isEqualTo(429);
    }

    private void overMidnight(Chaos chaos, WeirProcess weir, List<Payer> payers, Duration tomorrow)
            throws IOException, InterruptedException {
        Instant there = Instant.now().plus(tomorrow);
        Instant midnight = OffsetDateTime.ofInstant(there, ZoneOffset.UTC)
                .toLocalDate()
                .plusDays(1)
                .atStartOfDay(ZoneOffset.UTC)
                .toInstant();
        Duration nearly = tomorrow.plus(Duration.between(there, midnight)).minusSeconds(1);
        Instant passed = Instant.now().plusSeconds(1);
        jump(weir, nearly);
        try (var clients = chaos.traffic()
                .start(CLIENTS, Integer.MAX_VALUE, "c" + ++part + "c", payers,
                        () -> weir.url(""), weir::isAlive)) {
            do {
                clients.awaitAnswers(ANSWERS_AT_A_TIME);
            } while (Instant.now().isBefore(passed.plusSeconds(1)));
        }
        chaos.traffic().exhaust("c" + ++part + "c", payers.getLast(), weir.url(""));
    }
}
