package dev.weir.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.weir.usage.Meter;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TenantDirectoryTest {
    private static final TenantId ACME = new TenantId("acme");
    private final Random seeded = new Random(3);
    private final KeyHasher hasher = new KeyHasher("a pepper of more than 32 bytes, for tests".getBytes());
    private final ApiKeyHash live = hash();
    private final ApiKeyHash old = hash();

    private ApiKeyHash hash() {
        return hasher.hash(ApiKey.generate(seeded::nextBytes));
    }

    private TenantDirectory.Snapshot snapshot(long version, String plan, Limit... limits) {
        return TenantDirectory.Snapshot.of(version, Plan.SHIPPED,
                List.of(new Tenant(ACME, plan, null, List.of(limits))),
                List.of(new TenantKey(new KeyId("key_1"), live, ACME, "ann", "abcd", false),
                        new TenantKey(new KeyId("key_2"), old, ACME, null, "efgh", true)));
    }

    @Test
    void aKeyIsKnownRevokedOrUnknown() {
        var directory = new TenantDirectory(snapshot(1, "free"));
        assertThat(directory.identify(live)).isInstanceOfSatisfying(Identity.Known.class, known -> {
            assertThat(known.tenant().id()).isEqualTo(ACME);
            assertThat(known.user()).isEqualTo("ann");
            assertThat(known.plan()).isEqualTo(Plan.FREE);
            assertThat(known.limits()).extracting(Limit::id)
                    .containsExactly("free-tokens-per-day", "free-tool-calls-per-day");
        });
        assertThat(directory.identify(old)).isEqualTo(new Identity.Revoked(ACME, new KeyId("key_2")));
        assertThat(directory.identify(hash())).isEqualTo(Identity.UNKNOWN);
    }

    @Test
    void aSnapshotIsSwappedWholeAndNeverBack() {
        var directory = new TenantDirectory(snapshot(1, "free"));
        assertThat(directory.swap(snapshot(2, "pro"))).isTrue();
        assertThat(directory.swap(snapshot(1, "free"))).isFalse();
        assertThat(directory.swap(snapshot(2, "free"))).isFalse();
        assertThat(directory.identify(live)).isInstanceOfSatisfying(Identity.Known.class,
                known -> assertThat(known.plan()).isEqualTo(Plan.PRO));
    }

    @Test
    void limitsComeInTheOrderInWhichTheyRefuse() {
        Limit month = Limit.block("a-month", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.MONTH, 9);
        Limit minute = Limit.block("z-minute", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MINUTE, 9);
        Limit flight = Limit.block("z-flight", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 9);
        Limit runs = Limit.block("y-runs", Entity.THE_TENANT, Measure.RUNS, Window.MINUTE, 9);
        Limit budget = Limit.block("a-budget", Entity.THE_TENANT, Measure.of(Meter.COST), Window.DAY, 9);
        assertThat(snapshot(1, "pro", budget, month, minute, flight, runs).limits(ACME)).extracting(Limit::id)
                .containsExactly("z-flight", "y-runs", "z-minute", "a-month", "a-budget");
    }

    @Test
    void whatDoesNotFitTogetherIsRefusedByName() {
        Limit twice = Limit.block("free-tokens-per-day", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 5);
        assertThatThrownBy(() -> snapshot(1, "free", twice, twice)).hasMessageContaining("free-tokens-per-day");
        assertThatThrownBy(() -> snapshot(1, "gold")).hasMessageContaining("acme").hasMessageContaining("'gold'");
        assertThatThrownBy(() -> TenantDirectory.Snapshot.of(1, Plan.SHIPPED, List.of(),
                List.of(new TenantKey(new KeyId("key_1"), live, ACME, null, "abcd", false))))
                .hasMessageContaining("key_1");
    }

    @Test
    void anOwnLimitStandsInThePlaceOfThePlansOfTheSameId() {
        Limit own = Limit.block("free-tokens-per-day", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 5);
        assertThat(snapshot(1, "free", own).limits(ACME)).extracting(Limit::id, Limit::amount)
                .containsExactly(tuple("free-tokens-per-day", 5L), tuple("free-tool-calls-per-day", 10L));
    }

    @Test
    void aQuotaGrantsWhatThePlanForbids() {
        Entity tenant = Entity.THE_TENANT;
        Measure images = Measure.of(Meter.IMAGES_GENERATED);
        assertThat(forbidden()).containsExactly(Meter.IMAGES_GENERATED);
        assertThat(forbidden(Limit.block("i", tenant, images, Window.DAY, 5))).isEmpty();
        assertThat(forbidden(Limit.block("i", tenant, images, Window.DAY, 0))).as("a quota of nothing").isNotEmpty();
        assertThat(forbidden(Limit.notify("i", tenant, images, Window.DAY, 5))).as("no cap").isNotEmpty();
        Entity key = new Entity(Entity.Kind.KEY, Entity.EACH);
        assertThat(forbidden(Limit.block("i", key, images, Window.DAY, 5))).as("not the tenant's").isNotEmpty();
    }

    private Set<Meter> forbidden(Limit... own) {
        var known = snapshot(1, "free", own).identify(ACME, new KeyId("x")).orElseThrow();
        return known.plan().forbids();
    }

    @Test
    void theLimitsOfAPlanThatConvertsTellAndDoNotBlock() {
        var converting = new Plan("trial", Plan.TRIAL.limits(), Set.of(), "pro");
        var snapshot = TenantDirectory.Snapshot.of(1, List.of(converting, Plan.PRO),
                List.of(new Tenant(ACME, "trial", null, List.of())), List.of());
        assertThat(snapshot.limits(ACME)).singleElement().satisfies(limit -> {
            assertThat(limit.action()).isEqualTo(Limit.Action.NOTIFY);
            assertThat(limit.countsAs(Plan.TRIAL.limits().getFirst())).isTrue();
        });
        assertThatThrownBy(() -> new Plan("trial", List.of(), Set.of(), "trial")).hasMessageContaining("itself");
    }

    @Test
    void aZoneIsOneOfTheCatalogueAndAWholeNumberOfQuarters() {
        assertThat(Limit.zoneOf("UTC")).isEqualTo(Limit.zoneOf("Z")).isEqualTo(java.time.ZoneOffset.UTC);
        assertThat(Limit.zoneOf("Asia/Kathmandu").getId()).isEqualTo("Asia/Kathmandu");
        assertThatThrownBy(() -> Limit.zoneOf("Mars/Base")).hasMessageContaining("'Mars/Base'");
        assertThatThrownBy(() -> Limit.zoneOf("+00:07")).hasMessageContaining("quarters");
    }

    @Test
    void aLimitChecksItself() {
        assertThatThrownBy(() -> Limit.block("x", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY,
                Limit.AMOUNT_MAX + 1)).hasMessageContaining("9000000000000000001");
        assertThatThrownBy(() -> Limit.block("x", Entity.THE_TENANT, Measure.of(Meter.TOOL_CALLS_REQUESTED),
                Window.DAY, 1)).hasMessageContaining("never capped");
        assertThatThrownBy(() -> Limit.block("x", Entity.THE_TENANT, Measure.CONCURRENCY, Window.DAY, 1))
                .hasMessageContaining("total");
        assertThatThrownBy(() -> Limit.block("x", Entity.THE_TENANT, Measure.RUNS, Window.DAY, 1_000_001))
                .hasMessageContaining("not 1000001");
        assertThatThrownBy(() -> new Limit("x", Entity.THE_TENANT, Measure.RUNS, Window.DAY, ZoneOffset.UTC, 600_000,
                Limit.Action.NOTIFY, List.of(100, 200))).hasMessageContaining("200 %");
        assertThat(Limit.block("x", Entity.THE_TENANT, Measure.RUNS, Window.DAY, Limit.RUNS_MAX).mark(100))
                .isEqualTo(1_000_000);
        assertThatThrownBy(() -> Limit.block("a b", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 1))
                .hasMessageContaining("'a b'");
        assertThatThrownBy(() -> new Entity(Entity.Kind.TAG, "team")).hasMessageContaining("key=value");
    }
}
