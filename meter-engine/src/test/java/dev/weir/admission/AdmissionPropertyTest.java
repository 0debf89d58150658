package dev.weir.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.rating.Rating;
import dev.weir.rating.Sku;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass(name = "in {0} parts")
@ValueSource(ints = {0, 1, 4})
class AdmissionPropertyTest {
    /// Into how many parts the tenant's counters are divided.
    @Parameter
    int parts;

    private static final Limit[] LIMITS = {
        Limit.block("flight", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 5),
        Limit.block("user", new Entity(Entity.Kind.USER, "*"), Measure.of(Meter.TOKENS), Window.HOUR, 6_000),
        Limit.block("out", new Entity(Entity.Kind.TAG, "*"), Measure.of(Meter.TOKENS_OUT), Window.DAY, 9_000),
        Limit.block("calls", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MINUTE, 8),
        Limit.notify("in", Entity.THE_TENANT, Measure.of(Meter.TOKENS_IN), Window.MONTH, 100_000),
        Limit.block("budget", Entity.THE_TENANT, Measure.of(Meter.COST), Window.DAY, Money.ofUsd("0.02").picos())};

    static IntStream seeds() {
        return IntStream.range(0, 150);
    }

    /// An honest upstream uses what it was allowed to and no more: then no limit is ever exceeded, every count ends as the
    /// sum of the events, and counters rebuilt from the events are the same.
    @ParameterizedTest
    @MethodSource("seeds")
    void countersAreTheSumOfTheEventsAndNeverExceedTheirLimits(int seed) {
        var random = new Random(seed);
        var desk = desk(Plan.TRIAL, LIMITS);
        var running = new ArrayList<Admission.Admitted>();
        var requests = new ArrayList<AdmissionRequest>();
        var events = new ArrayList<PastUsage>();
        for (int step = 0; step < 200; step++) {
            desk.clock.pass(Duration.ofSeconds(random.nextInt(60)));
            AdmissionRequest request = request(random, desk);
            Admission admission = desk.admissions.admit(request);
            if (admission instanceof Admission.CountFirst) {
                request = request.withInput(new Input.Counted(((Input.AtMost) request.input()).bodyBytes() / 4));
                admission = desk.admissions.admitCounted(request, ((Input.Counted) request.input()).tokens());
                assertThat(admission).as("seed %d step %d", seed, step).isNotInstanceOf(Admission.CountFirst.class);
            }
            if (admission instanceof Admission.Admitted admitted) {
                running.add(admitted);
                requests.add(request);
            }
            while (running.size() > 3 || !running.isEmpty() && random.nextBoolean()) {
                int which = random.nextInt(running.size());
                events.add(finish(random, desk, running.remove(which), requests.remove(which)));
            }
            checkCaps(desk, seed, step);
        }
        while (!running.isEmpty()) {
            events.add(finish(random, desk, running.removeLast(), requests.removeLast()));
        }
        assertThat(desk.ledger.openReservations()).isZero();
        Collections.shuffle(events, random);
        checkRestored(desk, events, seed);
    }

    private static AdmissionRequest request(Random random, Desk desk) {
        long bytes = 1 + random.nextInt(4_000);
        Input input = random.nextBoolean() ? new Input.AtMost(bytes, 8) : new Input.Counted(bytes / 4);
        var output = new Output(random.nextInt(4) == 0 ? Output.NO_LIMIT : random.nextInt(3_000),
                1 + random.nextInt(2), 1, random.nextInt(5) > 0);
        var attributed = new Attributed(random.nextBoolean() ? "ann" : "bob", null,
                Map.of("team", random.nextBoolean() ? "red" : "blue", "env", "test"));
        return AdmissionRequest.llm(desk.caller, "openai", Sku.of("openai", "gpt-4o-mini"), attributed,
                desk.clock.now(), input, output);
    }

    private static PastUsage finish(Random random, Desk desk, Admission.Admitted admitted, AdmissionRequest request) {
        long in = random.nextInt((int) admitted.reserved().amount(Meter.TOKENS_IN) + 1);
        long out = random.nextInt((int) admitted.reserved().amount(Meter.TOKENS_OUT) + 1);
        if (random.nextBoolean()) {
            in = admitted.reserved().amount(Meter.TOKENS_IN);
            out = admitted.reserved().amount(Meter.TOKENS_OUT);
        }
        Quantities used = Quantities.builder()
                .reported(Meter.TOKENS_IN, in)
                .reported(Meter.TOKENS_OUT, out)
                .reported(Meter.CALLS, 1)
                .build();
        Sku answered = new Sku("openai", "gpt-4o-mini", null, random.nextBoolean() ? "priority" : null);
        Money cost = cost(admitted.prices().rate("acme", answered, used, request.moment()));
        assertThat(desk.admissions.settle(admitted, used, cost).boundViolated()).isFalse();
        return new PastUsage(Desk.ACME, request.caller().key(), request.user(), request.route(), "gpt-4o-mini", null,
                request.tags(), request.moment(), used, cost);
    }

    private static @Nullable Money cost(Rating rating) {
        return rating instanceof Rating.Rated(Money cost) ? cost : null;
    }

    private static void checkCaps(Desk desk, int seed, int step) {
        for (Limit limit : desk.directory.limits(Desk.ACME)) {
            for (String value : List.of("acme", "ann", "bob", "team=red", "team=blue", "env=test")) {
                Standing standing = desk.admissions.standing(Desk.ACME, limit, value, desk.clock.now());
                assertThat(!limit.blocks() || standing.settled() + standing.reserved() <= limit.amount())
                        .as("seed %d step %d: %s", seed, step, standing)
                        .isTrue();
            }
        }
    }

    private static void checkRestored(Desk desk, List<PastUsage> events, int seed) {
        var restored = new Admissions(Ledgers.watched(), Desk.PRICES);
        int assigned = restored.restore(desk.directory, events, desk.clock.now(), 1);
        assertThat(assigned).as("seed %d", seed).isPositive();
        assertThat(restored.restore(desk.directory, events, desk.clock.now(), 1)).isZero();
        for (Limit limit : desk.directory.limits(Desk.ACME)) {
            for (String value : List.of("acme", "ann", "bob", "team=red", "team=blue", "env=test")) {
                assertThat(restored.standing(Desk.ACME, limit, value, desk.clock.now()).settled())
                        .as("seed %d: %s of %s", seed, limit.id(), value)
                        .isEqualTo(desk.admissions.standing(Desk.ACME, limit, value, desk.clock.now()).settled());
            }
        }
    }

    @Test
    void of2000ParallelCallsExactlyThe100ThatFitPass() throws Exception {
        for (int round = 0; round < 20; round++) {
            var desk = desk(Plan.FREE);
            var passed = new AtomicInteger();
            var gate = new CountDownLatch(1);
            AdmissionRequest ten = desk.chat(new Input.AtMost(4, 0), Desk.limit(6));
            try (var pool = Executors.newFixedThreadPool(8)) {
                for (int i = 0; i < 2_000; i++) {
                    pool.execute(() -> {
                        await(gate);
                        Admission admission = desk.admissions.admit(ten);
                        if (admission instanceof Admission.CountFirst) {
                            admission = desk.admissions.admitCounted(ten, 4);
                        }
                        if (admission instanceof Admission.Admitted admitted) {
                            passed.incrementAndGet();
                            desk.settle(admitted, "tokens_in=4 tokens_out=6");
                        }
                    });
                }
                gate.countDown();
            }
            assertThat(passed).hasValue(100);
            assertThat(desk.standing("free-tokens-per-day").settled()).isEqualTo(1_000);
            assertThat(desk.ledger.openReservations()).isZero();
        }
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Nobody is refused while what he asks at least is there.
    @ParameterizedTest
    @MethodSource("seeds")
    void aRefusalMeansThatTheLeastDidNotFit(int seed) {
        var random = new Random(seed);
        var desk = desk(Plan.FREE);
        while (desk.standing("free-tokens-per-day").remaining() > 0) {
            long remaining = desk.standing("free-tokens-per-day").remaining();
            long input = random.nextInt(400);
            var output = new Output(1 + random.nextInt(500), 1 + random.nextInt(2), 1 + random.nextInt(20), true);
            long least = input + output.choices() * Math.min(output.minimum(), output.limit());
            Admission admission = desk.admissions.admit(desk.chat(Desk.counted(input), output));
            assertThat(admission instanceof Admission.Admitted).as("seed %d", seed).isEqualTo(least <= remaining);
            if (admission instanceof Admission.Admitted admitted) {
                long granted = admitted.outputLimit().orElse(output.limit());
                assertThat(granted).isEqualTo(Math.min(output.limit(), (remaining - input) / output.choices()));
                desk.settle(admitted, "tokens_in=" + input + " tokens_out=" + random.nextInt((int) granted + 1));
            } else {
                desk.use(Math.min(remaining, 40));
            }
        }
    }

    private Desk desk(Plan plan, Limit... own) {
        return new Desk(Desk.lanes(parts), plan, null, own);
    }
}
