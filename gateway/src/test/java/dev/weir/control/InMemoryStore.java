package dev.weir.control;

import dev.weir.event.UsageEvent;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import dev.weir.usage.Meter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Tenants, keys and events in maps: what the control plane reads, as a plain fold over lists. Any thread.
final class InMemoryStore implements TenantAdmin, EventQueries {
    private final TreeMap<String, Tenant> tenants = new TreeMap<>();
    private final TreeMap<String, TenantKey> keys = new TreeMap<>();
    private final List<StoredEvent> events = new ArrayList<>();

    final InMemoryRules rules = new InMemoryRules(this);
    private @Nullable RuntimeException failure;

    /// From now on lists of tenants fail so.
    synchronized void failWith(RuntimeException exception) {
        failure = exception;
    }

    synchronized void add(StoredEvent event) {
        events.add(event);
    }

    @Override
    public synchronized Creation create(Tenant tenant) {
        if (rules.plan(tenant.plan()).isEmpty()) {
            return new Creation.NoPlan();
        }
        var existing = tenants.putIfAbsent(tenant.id().value(), tenant);
        if (existing == null) {
            return new Creation.Created();
        }
        return existing.equals(tenant) ? new Creation.Same() : new Creation.Different(existing);
    }

    @Override
    public synchronized Optional<Tenant> changePlan(TenantId id, String plan) {
        return rules.plan(plan).isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(tenants.computeIfPresent(id.value(),
                        (name, was) -> new Tenant(was.id(), plan, was.region(), was.limits())));
    }

    @Override
    public synchronized Optional<Tenant> tenant(TenantId id) {
        return Optional.ofNullable(tenants.get(id.value()));
    }

    @Override
    public synchronized List<Tenant> tenants(@Nullable TenantId after, int limit) {
        if (failure != null) {
            throw failure;
        }
        var rest = after == null ? tenants : tenants.tailMap(after.value(), false);
        return rest.values().stream().limit(limit).toList();
    }

    @Override
    public synchronized boolean add(TenantKey key) {
        if (!tenants.containsKey(key.tenant().value())) {
            return false;
        }
        keys.put(key.id().value(), key);
        return true;
    }

    @Override
    public synchronized List<TenantKey> keys(TenantId tenant, @Nullable KeyId after, int limit) {
        var rest = after == null ? keys : keys.tailMap(after.value(), false);
        return rest.values().stream().filter(key -> key.tenant().equals(tenant)).limit(limit).toList();
    }

    @Override
    public synchronized boolean revoke(KeyId id) {
        return keys.computeIfPresent(id.value(),
                (name, key) -> new TenantKey(key.id(), key.hash(), key.tenant(), key.user(), key.last4(),
                        true)) != null;
    }

    synchronized List<TenantKey> allKeys() {
        return List.copyOf(keys.values());
    }

    @Override
    public synchronized List<StoredEvent> events(Filter filter, @Nullable Position after, int limit) {
        return events.stream()
                .filter(stored -> matches(stored.event(), filter))
                .sorted(NEWEST_FIRST)
                .filter(stored -> after == null || NEWEST_FIRST.compare(stored, at(after)) > 0)
                .limit(limit)
                .toList();
    }

    private static final Comparator<StoredEvent> NEWEST_FIRST = Comparator
            .comparing((StoredEvent stored) -> stored.event().time())
            .thenComparing(stored -> stored.id().node())
            .thenComparing(stored -> stored.id().epoch())
            .thenComparing(stored -> stored.id().seq())
            .reversed();

    private StoredEvent at(Position position) {
        return events.stream().filter(stored -> stored.id().equals(position.id())).findFirst().orElseThrow();
    }

    private static boolean matches(UsageEvent event, Filter filter) {
        return isAnyOr(filter.tenant(), event.tenant()) && isAnyOr(filter.run(), event.attribution().run())
                && isAnyOr(filter.key(), event.key() == null ? null : event.key().value())
                && isAnyOr(filter.user(), event.user()) && isAnyOr(filter.route(), event.route())
                && isAnyOr(filter.model(), event.model()) && isAnyOr(filter.outcome(), event.outcome())
                && (filter.from() == null || !event.time().isBefore(filter.from()))
                && (filter.to() == null || event.time().isBefore(filter.to()));
    }

    private static boolean isAnyOr(@Nullable Object wanted, @Nullable Object actual) {
        return wanted == null || wanted.equals(actual);
    }

    @Override
    public synchronized CostSummary costs(TenantId tenant, Period period, @Nullable Dimension by) {
        var filter = new Filter(tenant, null, null, null, null, null, null, period.from(), period.to());
        var found = events(filter, null, Integer.MAX_VALUE).stream().map(StoredEvent::event).toList();
        if (by == null) {
            return new CostSummary(fold(found), List.of());
        }
        var groups = new LinkedHashMap<Optional<String>, List<UsageEvent>>();
        for (UsageEvent event : found) {
            values(event, by)
                    .forEach(value -> groups.computeIfAbsent(value, each -> new ArrayList<>()).add(event));
        }
        return new CostSummary(fold(found), groups.entrySet()
                .stream()
                .map(entry -> new CostSummary.Group(entry.getKey().orElse(null), fold(entry.getValue())))
                .sorted(DEAREST_FIRST)
                .toList());
    }

    private static final Comparator<CostSummary.Group> DEAREST_FIRST = Comparator
            .comparing((CostSummary.Group group) -> group.total().cost())
            .reversed()
            .thenComparing(group -> group.value() == null ? "" : group.value());

    private static Stream<Optional<String>> values(UsageEvent event, Dimension by) {
        Function<@Nullable String, Stream<Optional<String>>> one = value -> Stream
                .of(Optional.ofNullable(value).filter(text -> !text.isEmpty()));
        var attribution = event.attribution();
        return switch (by) {
            case USER -> one.apply(event.user());
            case MODEL -> one.apply(event.model());
            case ROUTE -> one.apply(event.route());
            case KEY -> one.apply(event.key() == null ? null : event.key().value());
            case RUN -> one.apply(attribution.run());
            case TICKET -> one.apply(attribution.ticket());
            case COST_CENTER -> one.apply(attribution.costCenter());
            case TAG -> attribution.tags().isEmpty()
                    ? one.apply(null)
                    : attribution.tags()
                            .entrySet()
                            .stream()
                            .map(tag -> Optional.of(tag.getKey() + "=" + tag.getValue()));
        };
    }

    @Override
    public synchronized List<UnpricedModel> unpriced(Period period) {
        var filter = new Filter(null, null, null, null, null, null, null, period.from(), period.to());
        record Key(String provider, String model, String tier) {}
        var byModel = events(filter, null, Integer.MAX_VALUE).stream()
                .map(StoredEvent::event)
                .filter(event -> event.cost() == null)
                .collect(Collectors.groupingBy(event -> new Key(event.provider(),
                        Objects.requireNonNullElse(event.model(), ""),
                        Objects.requireNonNullElse(event.serviceTier(), ""))));
        return byModel.entrySet().stream().map(entry -> {
            var days = entry.getValue()
                    .stream()
                    .map(event -> event.time().atOffset(ZoneOffset.UTC).toLocalDate())
                    .sorted()
                    .toList();
            Key key = entry.getKey();
            return new UnpricedModel(key.provider, key.model.isEmpty() ? null : key.model,
                    key.tier.isEmpty() ? null : key.tier, days.size(), days.getFirst(), days.getLast());
        })
                .sorted(Comparator.comparing(UnpricedModel::events)
                        .reversed()
                        .thenComparing(UnpricedModel::provider)
                        .thenComparing(model -> Objects.requireNonNullElse(model.model(), "")))
                .toList();
    }

    private static CostSummary.Total fold(List<UsageEvent> events) {
        var cost = BigDecimal.ZERO;
        long attempts = 0;
        long unpriced = 0;
        Map<Meter, BigInteger> meters = new EnumMap<>(Meter.class);
        for (UsageEvent event : events) {
            if (event.outcome().isAttempt()) {
                attempts++;
            }
            if (event.cost() == null) {
                unpriced++;
            } else {
                cost = cost.add(Objects.requireNonNull(event.cost()).toUsd());
            }
            event.quantities()
                    .forEach((meter, amount, provenance) -> meters.merge(meter, BigInteger.valueOf(amount),
                            BigInteger::add));
        }
        return new CostSummary.Total(cost, events.size(), attempts, unpriced, meters);
    }
}
