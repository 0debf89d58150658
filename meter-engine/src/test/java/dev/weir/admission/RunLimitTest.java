package dev.weir.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Settlement;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Identity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A limit on runs counts each run once in a window, with the first call of it that is admitted there.
class RunLimitTest {
    private static final Limit TWO = runs("two", Window.MINUTE, 2);
    private static final Quantities ONE_CALL = Desk.quantities("calls=1");

    private final ManualClock clock = new ManualClock("2026-07-01T12:00:30Z");
    private final Ledger ledger = Ledgers.watched();
    private final TenantDirectory directory = new TenantDirectory(TenantDirectory.Snapshot.EMPTY);
    private final Admissions admissions = new Admissions(ledger, Desk.PRICES, directory, null);

    private static Limit runs(String id, Window window, long amount) {
        return Limit.block(id, Entity.THE_TENANT, Measure.RUNS, window, amount);
    }

    private void inForce(Limit... own) {
        long version = directory.snapshot().version() + 1;
        directory.swap(TenantDirectory.Snapshot.of(version, Plan.SHIPPED,
                List.of(new Tenant(Desk.ACME, "pro", null, List.of(own))), List.of()));
    }

    private AdmissionRequest request(@Nullable String run) {
        Identity.Known caller = directory.snapshot().identify(Desk.ACME, new KeyId("key_1")).orElseThrow();
        return AdmissionRequest.webhook(caller, "hooks", new Attributed(null, run, Map.of()), clock.now());
    }

    private Admission admit(@Nullable String run) {
        return admissions.admit(request(run));
    }

    private Admission.Admitted admitted(@Nullable String run) {
        Admission admission = admit(run);
        assertThat(admission).isInstanceOf(Admission.Admitted.class);
        return (Admission.Admitted) admission;
    }

    private Refusal refused(@Nullable String run) {
        Admission admission = admit(run);
        assertThat(admission).isInstanceOf(Admission.Refused.class);
        return ((Admission.Refused) admission).refusal();
    }

    private Settlement settle(Admission.Admitted call) {
        return admissions.settle(call, ONE_CALL, null);
    }

    private void call(@Nullable String run) {
        settle(admitted(run));
    }

    /// Settled and reserved.
    private String stands(Limit limit) {
        var standing = admissions.standing(Desk.ACME, limit, "acme", clock.now());
        return standing.settled() + "+" + standing.reserved();
    }

    private PastUsage past(@Nullable String run, String time) {
        return new PastUsage(Desk.ACME, new KeyId("key_1"), null, "hooks", null, run, Map.of(),
                Instant.parse(time), ONE_CALL, null);
    }

    @Test
    void aRunCountsOnceHoweverManyCallsItHas() {
        inForce(TWO);
        call("a");
        call("a");
        Admission.Admitted first = admitted("b");
        Admission.Admitted second = admitted("b");
        assertThat(stands(TWO)).isEqualTo("1+1");
        assertThat(refused("c").code()).isEqualTo(RefusalCode.RATE_EXCEEDED);
        settle(second);
        assertThat(stands(TWO)).isEqualTo("2+0");
        settle(first);
        call("a");
        assertThat(stands(TWO)).isEqualTo("2+0");
        assertThat(refused("c").code()).isEqualTo(RefusalCode.RATE_EXCEEDED);
    }

    @Test
    void aRunCountsAgainInTheNextWindow() {
        Limit hour = runs("hour", Window.HOUR, 5);
        inForce(TWO, hour);
        Admission.Admitted slow = admitted("a");
        call("b");
        clock.set("2026-07-01T12:01:00Z");
        call("a");
        assertThat(stands(TWO)).isEqualTo("1+0");
        settle(slow);
        assertThat(stands(TWO)).as("it is settled in the window of its admission").isEqualTo("1+0");
        assertThat(stands(hour)).isEqualTo("2+0");
    }

    @Test
    void aCallWithoutARunIsARunOfItsOwnAndARetryOfItIsNone() {
        inForce(TWO);
        Admission.Admitted call = admitted(null);
        settle(call);
        var retry = admissions.admit(request(null).retried(2, clock.now()));
        assertThat(stands(TWO)).isEqualTo("1+0");
        admissions.settle((Admission.Admitted) retry, Desk.quantities("retries=1"), null);
        assertThat(stands(TWO)).isEqualTo("1+0");
        call("a");
        assertThat(refused(null).code()).isEqualTo(RefusalCode.RATE_EXCEEDED);
        assertThat(call.reserved()).as("what its opening record tells of it")
                .isEqualTo(
                        request(null).others().with(all -> all.reported(Meter.CALLS, 1)));
    }

    @Test
    void aRefusedCallBeginsNoRun() {
        Limit calls = Limit.block("calls", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.HOUR, 1);
        inForce(TWO, calls);
        call("a");
        assertThat(refused("b").limitId()).isEqualTo("calls");
        assertThat(stands(TWO)).isEqualTo("1+0");
        assertThat(refused("a").limitId()).as("that its run has begun does not help it").isEqualTo("calls");
    }

    @Test
    void aRunOfWhichNothingWasAttemptedIsGivenBack() {
        inForce(TWO);
        admissions.release(admitted("a"));
        assertThat(stands(TWO)).isEqualTo("0+0");
        call("b");
        call("c");
        assertThat(refused("a").code()).isEqualTo(RefusalCode.RATE_EXCEEDED);
    }

    @Test
    void aReleasedFirstCallLeavesTheRunToTheOthers() {
        inForce(TWO);
        Admission.Admitted first = admitted("a");
        Admission.Admitted second = admitted("a");
        Admission.Admitted third = admitted("a");
        admissions.release(first);
        assertThat(stands(TWO)).isEqualTo("0+1");
        settle(second);
        admissions.release(third);
        assertThat(stands(TWO)).isEqualTo("1+0");
        Admission.Admitted other = admitted("b");
        Admission.Admitted another = admitted("b");
        admissions.release(another);
        admissions.release(other);
        assertThat(stands(TWO)).as("the last of them gives it back").isEqualTo("1+0");
        assertThat(ledger.openReservations()).isZero();
    }

    @Test
    void aCallWhoseUsageIsToldLaterHasBegunItsRun() {
        inForce(TWO);
        Admission.Admitted named = admitted("a");
        Admission.Admitted alone = admitted(null);
        admissions.defer(named, ONE_CALL);
        admissions.defer(alone, ONE_CALL);
        assertThat(stands(TWO)).isEqualTo("2+0");
        admissions.settle(named, Quantities.NONE, null);
        admissions.release(alone);
        assertThat(stands(TWO)).isEqualTo("2+0");
    }

    @Test
    void eachUserHasRunsOfItsOwnWhereTheLimitIsForEach() {
        Limit each = Limit.block("each", new Entity(Entity.Kind.USER, "*"), Measure.RUNS, Window.DAY, 1);
        inForce(each);
        for (String user : List.of("ann", "bob")) {
            for (String run : List.of("a", "b")) {
                AdmissionRequest ask = request(run);
                Admission admission = admissions.admit(AdmissionRequest.webhook(ask.caller(), "hooks",
                        new Attributed(user, run, Map.of()), clock.now()));
                assertThat(admission instanceof Admission.Admitted).as(user + " " + run).isEqualTo(run.equals("a"));
                if (admission instanceof Admission.Admitted admitted) {
                    settle(admitted);
                }
            }
        }
    }

    @Test
    void aRefusalSaysThatRunsWhichHaveBegunPass() {
        inForce(runs("daily", Window.DAY, 1));
        Admission.Admitted running = admitted("a");
        Refusal refusal = refused("b");
        assertThat(refusal.code()).isEqualTo(RefusalCode.CAP_EXCEEDED);
        assertThat(refusal.message())
                .isEqualTo("The limit 'daily' (tenant, runs per day) does not admit this call: 1 of 1 are"
                        + " used (1 of it held by calls still running), and it needs at least 1. Calls of a run that has"
                        + " begun in this window still pass. The limit resets at 2026-07-02T00:00:00Z.");
        assertThat(RateLimitFields.of(Objects.requireNonNull(refusal.standing()), clock.now())).isEqualTo(
                new RateLimitFields("\"daily\";r=0;t=43170", "\"daily\";q=1;qu=\"runs\";w=86400"));
        settle(running);
        Admission.Admitted again = admitted("a");
        assertThat(admissions.warning(again)).isEqualTo("\"daily\";used=100;alert=100;window=\"day\"");
        settle(again);
    }

    @Test
    void aLimitThatOnlyTellsCountsRunsAndTellsEachMarkOnce() {
        Limit soft = Limit.notify("soft", Entity.THE_TENANT, Measure.RUNS, Window.DAY, 4);
        inForce(soft);
        var marks = new ArrayList<Integer>();
        for (String run : List.of("a", "b", "a", "c", "c", "d", "e", "f")) {
            settle(admitted(run)).crossings().forEach(crossing -> marks.add(crossing.percent()));
        }
        assertThat(stands(soft)).isEqualTo("6+0");
        assertThat(marks).containsExactly(75, 90, 100);
    }

    @Test
    void aLimitThatOnlyTellsRemembersAMillionRunsAndNoMore() {
        Limit soft = Limit.notify("soft", Entity.THE_TENANT, Measure.RUNS, Window.DAY, 4);
        inForce(soft);
        var many = IntStream.rangeClosed(0, 1_000_000).mapToObj(Integer::toString).toList();
        ledger.begin(Desk.ACME, soft, "acme", clock.now(), many);
        call("another");
        assertThat(stands(soft)).isEqualTo("1000000+0");
        var sum = new PastSum();
        many.forEach(run -> sum.add(Measure.RUNS, past(run, "2026-07-01T12:00:00Z")));
        assertThat(sum.total()).as("so does the sum that it is audited by").isEqualTo(1_000_000);
    }

    @Test
    void aLimitThatComesCountsTheRunsBeforeItAndThoseThatRun() {
        inForce();
        Admission.Admitted running = admitted("a");
        Admission.Admitted retried = admitted("b");
        inForce(runs("day", Window.DAY, 4));
        Limit day = directory.snapshot().limits(Desk.ACME).getFirst();
        settle(running);
        admissions.settle(retried, Desk.quantities("retries=1"), null);
        call("c");
        assertThat(stands(day)).isEqualTo("3+0");
        var before = List.of(past("a", "2026-07-01T11:00:00Z"), past("a", "2026-07-01T12:00:00Z"),
                past("d", "2026-07-01T09:00:00Z"), past("z", "2026-06-30T23:59:59Z"));
        admissions.addPast(directory.snapshot(), Map.of(Desk.ACME, List.of(day)), before, clock.now());
        assertThat(stands(day)).isEqualTo("4+0");
        assertThat(refused("e").code()).isEqualTo(RefusalCode.CAP_EXCEEDED);
        call("d");
    }

    @Test
    void aRunThatBeganBeforeTheStartIsNotChargedAgainAfterIt() {
        Limit hour = runs("hour", Window.HOUR, 4);
        inForce(TWO, hour);
        var before = List.of(past("a", "2026-07-01T12:00:01Z"), past("a", "2026-07-01T12:00:02Z"),
                past("old", "2026-07-01T11:59:59Z"), past("b", "2026-07-01T12:00:29Z"),
                past(null, "2026-07-01T11:00:00Z"));
        admissions.restore(directory.snapshot(), before, clock.now(), 1);
        assertThat(stands(TWO)).isEqualTo("2+0");
        assertThat(stands(hour)).isEqualTo("2+0");
        call("a");
        call("b");
        assertThat(stands(TWO)).isEqualTo("2+0");
        assertThat(refused("c").limitId()).isEqualTo("two");
        clock.set("2026-07-01T12:01:00Z");
        call("a");
        call("old");
        assertThat(stands(hour)).isEqualTo("3+0");
        assertThat(Admissions.used(directory.snapshot(), before, clock.now()))
                .containsOnly(Map.entry(new Admissions.CounterKey(Desk.ACME, hour, "acme"), 2L));
    }

    @Test
    void whatIsRestoredIsAssignedAndNotAdded() {
        inForce(TWO);
        Admission.Admitted running = admitted("c");
        var before = List.of(past("a", "2026-07-01T12:00:01Z"));
        admissions.restore(directory.snapshot(), before, clock.now(), 1);
        admissions.restore(directory.snapshot(), before, clock.now(), 2);
        assertThat(stands(TWO)).isEqualTo("1+1");
        admissions.restore(directory.snapshot(), List.of(past("c", "2026-07-01T12:00:02Z")), clock.now(), 3);
        assertThat(stands(TWO)).isEqualTo("1+0");
        settle(running);
        assertThat(stands(TWO)).isEqualTo("1+0");
        call("a");
        assertThat(stands(TWO)).isEqualTo("2+0");
    }

    @Test
    void theLastEndedWindowHasEachRunOnce() {
        Limit hour = runs("hour", Window.HOUR, 4);
        inForce(hour);
        var rows = List.of(past("x", "2026-07-01T09:10:00Z"), past("a", "2026-07-01T11:00:00Z"),
                past("a", "2026-07-01T11:30:00Z"), past("b", "2026-07-01T11:59:59Z"), past("y", "2026-07-01T10:10:00Z"),
                past(null, "2026-07-01T11:15:00Z"), past("now", "2026-07-01T12:00:00Z"));
        assertThat(Admissions.ended(directory.snapshot(), rows, clock.now()).values())
                .extracting(Admissions.Ended::settled)
                .containsExactly(3L);
    }

    @Test
    void ofTwoThousandParallelRunsExactlyAHundredBegin() throws Exception {
        Limit hundred = runs("hundred", Window.MINUTE, 100);
        inForce(hundred);
        List<Admission.Admitted> passed = together(2_000, call -> "run-" + call);
        assertThat(passed).hasSize(100);
        assertThat(stands(hundred)).isEqualTo("0+100");
        passed.forEach(this::settle);
        assertThat(stands(hundred)).isEqualTo("100+0");
    }

    @Test
    void parallelFirstCallsOfARunClaimOneTogether() throws Exception {
        Limit hundred = runs("hundred", Window.MINUTE, 100);
        inForce(hundred);
        List<Admission.Admitted> passed = together(2_000, call -> "run-" + call % 125);
        var begun = Set.copyOf(passed.stream().map(each -> each.bound().call.request().attributed().run()).toList());
        assertThat(begun).hasSize(100);
        assertThat(stands(hundred)).isEqualTo("0+100");
        var attempted = new HashSet<String>();
        for (int i = 0; i < passed.size(); i++) {
            if (i % 3 == 0) {
                admissions.release(passed.get(i));
            } else {
                settle(passed.get(i));
                attempted.add(Objects.requireNonNull(passed.get(i).bound().call.request().attributed().run()));
            }
        }
        assertThat(stands(hundred)).isEqualTo(attempted.size() + "+0");
        assertThat(ledger.openReservations()).isZero();
    }

    /// Those of so many calls that pass, all asked at once by 16 threads.
    private List<Admission.Admitted> together(int calls, IntFunction<String> run) throws Exception {
        var passed = new ConcurrentLinkedQueue<Admission.Admitted>();
        var begin = new CountDownLatch(1);
        List<Future<Object>> workers = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(16)) {
            for (int i = 0; i < 16; i++) {
                int worker = i;
                workers.add(threads.submit((Callable<Object>) () -> {
                    begin.await();
                    for (int call = worker; call < calls; call += 16) {
                        if (admit(run.apply(call)) instanceof Admission.Admitted admitted) {
                            passed.add(admitted);
                        }
                    }
                    return worker;
                }));
            }
            begin.countDown();
        }
        for (Future<Object> worker : workers) {
            worker.get();
        }
        return List.copyOf(passed);
    }
}
