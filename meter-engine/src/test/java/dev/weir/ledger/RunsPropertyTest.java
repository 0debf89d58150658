package dev.weir.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Limits on runs against a list of all calls, looked through at every question.
class RunsPropertyTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final List<Limit> LIMITS = List.of(
            Limit.block("minute", Entity.THE_TENANT, Measure.RUNS, Window.MINUTE, 3),
            Limit.block("hour", Entity.THE_TENANT, Measure.RUNS, Window.HOUR, 12),
            Limit.block("user", new Entity(Entity.Kind.USER, "*"), Measure.RUNS, Window.HOUR, 7),
            Limit.notify("soft", Entity.THE_TENANT, Measure.RUNS, Window.DAY, 5));

    private enum State {
        OPEN, AWAITED, ATTEMPTED, RELEASED
    }

    /// What became of one admitted call.
    private static final class Call {
        final @Nullable String run;
        final String user;
        final Instant moment;
        final Reservation reservation;
        State state = State.OPEN;

        Call(@Nullable String run, String user, Instant moment, Reservation reservation) {
            this.run = run;
            this.user = user;
            this.moment = moment;
            this.reservation = reservation;
        }

        String value(Limit limit) {
            return limit.entity().kind() == Entity.Kind.USER ? user : "acme";
        }

        /// Whether its reservation has not ended.
        boolean runs() {
            return state == State.OPEN || state == State.AWAITED;
        }

        boolean isOf(Limit limit, String value, Instant now) {
            return value(limit).equals(value) && limit.window().span(now, limit.zone()).holds(moment);
        }
    }

    static IntStream seeds() {
        return IntStream.range(0, 200);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void eachRunIsCountedOnceForAsLongAsACallOfItRunsOrWasAttempted(int seed) {
        var random = new Random(seed);
        var ledger = Ledgers.watched();
        var calls = new ArrayList<Call>();
        Instant now = Instant.parse("2026-03-01T22:50:00Z");
        for (int step = 0; step < 300; step++) {
            now = now.plusSeconds(random.nextInt(15));
            String where = "seed " + seed + " step " + step;
            if (random.nextInt(2) == 0) {
                reserve(random, ledger, calls, now, where);
            } else {
                List<Call> running = calls.stream().filter(Call::runs).toList();
                if (!running.isEmpty()) {
                    end(random, ledger, running.get(random.nextInt(running.size())));
                }
            }
            for (Limit limit : LIMITS) {
                for (String value : List.of("acme", "ann", "bob")) {
                    Standing standing = ledger.standing(ACME, limit, value, now);
                    long settled = counted(calls, limit, value, now, Set.of(State.AWAITED, State.ATTEMPTED));
                    long known = counted(calls, limit, value, now,
                            Set.of(State.OPEN, State.AWAITED, State.ATTEMPTED));
                    assertThat(standing.settled()).as("%s settled %s/%s", where, limit.id(), value).isEqualTo(settled);
                    assertThat(standing.reserved()).as("%s reserved %s/%s", where, limit.id(), value)
                            .isEqualTo(limit.blocks() ? known - settled : 0);
                }
            }
        }
        calls.stream().filter(Call::runs).forEach(call -> ledger.release(call.reservation));
    }

    private static void reserve(Random random, Ledger ledger, List<Call> calls, Instant now, String where) {
        String run = random.nextInt(5) == 0 ? null : "run-" + random.nextInt(12);
        String user = random.nextBoolean() ? "ann" : "bob";
        var claims = Claims.fixed(ACME, now).ofRun(run);
        boolean fits = true;
        for (Limit limit : LIMITS) {
            String value = limit.entity().kind() == Entity.Kind.USER ? user : "acme";
            claims.add(limit, value, limit.blocks() ? 1 : 0);
            boolean known = run != null && calls.stream()
                    .anyMatch(call -> run.equals(call.run) && call.isOf(limit, value, now)
                            && call.state != State.RELEASED);
            fits &= !limit.blocks() || known
                    || counted(calls, limit, value, now, Set.of(State.OPEN, State.AWAITED, State.ATTEMPTED)) < limit
                            .amount();
        }
        Claimed claimed = ledger.reserve(claims);
        assertThat(claimed instanceof Reservation).as(where).isEqualTo(fits);
        if (claimed instanceof Reservation reservation) {
            calls.add(new Call(run, user, now, reservation));
        }
    }

    private static void end(Random random, Ledger ledger, Call call) {
        switch (random.nextInt(3)) {
            case 0 -> {
                ledger.settle(call.reservation, _ -> call.state == State.AWAITED ? 0 : 1);
                call.state = State.ATTEMPTED;
            }
            case 1 -> {
                ledger.release(call.reservation);
                call.state = call.state == State.AWAITED ? State.ATTEMPTED : State.RELEASED;
            }
            default -> {
                if (call.state == State.OPEN) {
                    ledger.settleButFor(call.reservation, _ -> 1, _ -> false);
                    call.state = State.AWAITED;
                }
            }
        }
    }

    private static long counted(List<Call> calls, Limit limit, String value, Instant now, Set<State> states) {
        var runs = new HashSet<String>();
        long alone = 0;
        for (Call call : calls) {
            if (states.contains(call.state) && call.isOf(limit, value, now)) {
                if (call.run == null) {
                    alone++;
                } else {
                    runs.add(call.run);
                }
            }
        }
        return alone + runs.size();
    }
}
