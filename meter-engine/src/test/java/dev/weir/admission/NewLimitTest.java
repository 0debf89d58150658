package dev.weir.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// A limit that comes into force counts each call once, whether it ended before, ran meanwhile, or began after.
class NewLimitTest {
    private static final Limit DAY = Limit.block("day", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 5);

    private final ManualClock clock = new ManualClock("2026-07-01T12:00:00Z");
    private final Ledger ledger = Ledgers.watched();
    private final TenantDirectory directory = new TenantDirectory(snapshot(1));
    private final Admissions admissions = new Admissions(ledger, Desk.PRICES, directory, null);

    private static TenantDirectory.Snapshot snapshot(long version, Limit... own) {
        return TenantDirectory.Snapshot.of(version, Plan.SHIPPED,
                List.of(new Tenant(Desk.ACME, "pro", null, List.of(own))), List.of());
    }

    private Identity.Known caller() {
        return directory.snapshot().identify(Desk.ACME, new KeyId("key_1")).orElseThrow();
    }

    private Admission admit() {
        return admissions.admit(AdmissionRequest.webhook(caller(), "hooks", Attributed.NONE, clock.now()));
    }

    private Admission.Admitted admitted() {
        return (Admission.Admitted) admit();
    }

    private void settle(Admission.Admitted call) {
        admissions.settle(call, Desk.quantities("calls=1"), null);
    }

    private long used(Limit limit) {
        return admissions.standing(Desk.ACME, limit, "acme", clock.now()).settled();
    }

    private PastUsage past(long calls) {
        return new PastUsage(Desk.ACME, new KeyId("key_1"), null, "hooks", null, null, Map.of(), clock.now(),
                Desk.quantities("calls=" + calls), null);
    }

    @Test
    void aCallThatRunsWhenTheLimitComesCountsWhenItEnds() {
        Admission.Admitted running = admitted();
        directory.swap(snapshot(2, DAY));
        assertThat(used(DAY)).isZero();
        settle(running);
        assertThat(used(DAY)).isEqualTo(1);
        settle(admitted());
        assertThat(used(DAY)).as("one that knew the limit counts once too").isEqualTo(2);
    }

    @Test
    void whatEndedBeforeIsAddedToWhatIsCountedSince() {
        directory.swap(snapshot(2, DAY));
        settle(admitted());
        admissions.addPast(directory.snapshot(), Map.of(Desk.ACME, List.of(DAY)), List.of(past(3)), clock.now());
        assertThat(used(DAY)).isEqualTo(4);
        settle(admitted());
        assertThat(admit()).isInstanceOf(Admission.Refused.class);
    }

    @Test
    void whatIsAddedIsForTheNewLimitsOnly() {
        Limit hour = Limit.block("hour", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.HOUR, 9);
        directory.swap(snapshot(2, DAY, hour));
        admissions.addPast(directory.snapshot(), Map.of(Desk.ACME, List.of(DAY)), List.of(past(3)), clock.now());
        assertThat(used(DAY)).isEqualTo(3);
        assertThat(used(hour)).isZero();
    }

    @Test
    void aRescopedLimitCountsBesideTheOneThatCallsStillKnow() {
        directory.swap(snapshot(2, DAY));
        Identity.Known old = caller();
        Limit hour = Limit.block("day", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.HOUR, 9);
        directory.swap(snapshot(3, hour));
        settle(admitted());
        settle((Admission.Admitted) admissions
                .admit(AdmissionRequest.webhook(old, "hooks", Attributed.NONE, clock.now())));
        settle(admitted());
        assertThat(used(hour)).as("the call by the old limit counts for the new one when it ends").isEqualTo(3);
        assertThat(used(DAY)).isEqualTo(1);
    }

    @Test
    void aLimitThatWasDeletedBeginsAtZeroWhenItComesAgain() {
        directory.swap(snapshot(2, DAY));
        Admission.Admitted running = admitted();
        settle(admitted());
        directory.swap(snapshot(3));
        ledger.forget(Desk.ACME, DAY);
        directory.swap(snapshot(4, DAY));
        assertThat(used(DAY)).isZero();
        settle(running);
        assertThat(ledger.openReservations()).isZero();
    }

    @Test
    void aMonthlyLimitOf100000AdmitsExactlyAsManyFromManyThreads() throws Exception {
        Limit month = Limit.block("monthly-total", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MONTH, 100_000);
        directory.swap(snapshot(2, month));
        List<Future<Integer>> workers = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                workers.add(threads.submit((Callable<Integer>) () -> {
                    int passed = 0;
                    for (int call = 0; call < 20_000; call++) {
                        if (admit() instanceof Admission.Admitted admitted) {
                            settle(admitted);
                            passed++;
                        }
                    }
                    return passed;
                }));
            }
        }
        int passed = 0;
        for (Future<Integer> worker : workers) {
            passed += worker.get();
        }
        assertThat(passed).isEqualTo(100_000);
        assertThat(used(month)).isEqualTo(100_000);
    }
}
