package dev.weir.rating;

import dev.weir.money.UnitPrice;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One version of what providers charge: immutable, effective-dated, with prices of single tenants before everybody's.
///
/// All methods are pure and safe on any thread, and none throws on what a client or a provider sent. The rules for model names
/// are those of [Listings], for quantities those of [UsageCost]. A new list is a new version; a call keeps the version of its
/// admission (decision 15), so a rerun over old events gives the same bytes.
public final class PriceBook {
    private static final String SHIPPED = "price-book.json";
    private static final long SECONDS_PER_DAY = 86_400;

    private final String version;
    private final LocalDate asOf;
    private final String source;
    private final List<PriceRow> rows;
    private final Listings everybody;
    private final Map<String, Listings> ofTenants = new HashMap<>();

    PriceBook(String version, LocalDate asOf, String source, List<PriceRow> rows) {
        this.version = version;
        this.asOf = asOf;
        this.source = source;
        this.rows = List.copyOf(rows);
        var byTenant = new HashMap<@Nullable String, List<PriceRow>>();
        rows.forEach(row -> byTenant.computeIfAbsent(row.tenant(), _ -> new ArrayList<>()).add(row));
        this.everybody = new Listings(byTenant.getOrDefault(null, List.of()));
        byTenant.forEach((tenant, list) -> {
            if (tenant != null) {
                ofTenants.put(tenant, new Listings(list));
            }
        });
    }

    /// The list that ships with this version of Weir.
    public static PriceBook shipped() {
        try (InputStream file = PriceBook.class.getResourceAsStream(SHIPPED)) {
            return read(Objects.requireNonNull(file, SHIPPED + " is part of this jar"));
        } catch (IOException e) {
            throw new UncheckedIOException("the price list inside the jar cannot be read", e);
        }
    }

    /// Reads a price file, UTF-8 JSON in the schema of the shipped one; a row with a `tenant` is that tenant's own.
    ///
    /// @throws IOException if it cannot be read, is no JSON or is not in the schema; the message says where
    public static PriceBook read(InputStream file) throws IOException {
        return new PriceFile(file).read();
    }

    /// This book with more rows, which come before its own for the tenants and models they name.
    ///
    /// @param newVersion the name of the sum; versions are never reused
    public PriceBook plus(PriceBook more, String newVersion) {
        var replaced = new ArrayList<>(more.rows);
        for (PriceRow row : rows) {
            boolean overridden = more.rows.stream()
                    .anyMatch(other -> Objects.equals(other.tenant(), row.tenant())
                            && other.provider().equals(row.provider()) && other.model().equals(row.model())
                            && Objects.equals(other.region(), row.region()));
            if (!overridden) {
                replaced.add(row);
            }
        }
        return new PriceBook(newVersion, asOf.isAfter(more.asOf) ? asOf : more.asOf, source + "; " + more.source,
                replaced);
    }

    /// The name of this version, part of every event that it priced.
    public String version() {
        return version;
    }

    /// The day the list was read.
    public LocalDate asOf() {
        return asOf;
    }

    /// Where the prices come from.
    public String source() {
        return source;
    }

    public int size() {
        return rows.size();
    }

    /// What a usage costs.
    ///
    /// @param tenant the tenant's id; null asks for everybody's price
    /// @param at the moment of admission; its day in UTC chooses the row
    public Rating rate(@Nullable String tenant, Sku sku, Quantities used, Instant at) {
        return rate(tenant, sku, used, 1, at);
    }

    /// What a usage costs that was summed over many requests. A price for long inputs goes by the input of one request, so
    /// here by that of the mean one: the sum over many short requests is no long input.
    ///
    /// @param tenant the tenant's id; null asks for everybody's price
    /// @param requests how many, 1 or more
    /// @param at the moment of admission; its day in UTC chooses the row
    public Rating rate(@Nullable String tenant, Sku sku, Quantities used, long requests, Instant at) {
        PriceRow row = row(tenant, sku, at);
        if (row == null) {
            return new Rating.Unpriced(noPrice(sku));
        }
        try {
            return rate(new Selection(row, sku), used, requests);
        } catch (ArithmeticException e) {
            return new Rating.Unpriced("the cost of " + name(sku) + " does not fit 64 bits of pico-dollars");
        }
    }

    private static Rating rate(Selection selection, Quantities used, long requests) {
        Prices prices = selection.tariff().at(Math.ceilDiv(used.amount(Meter.TOKENS_IN), requests));
        UsageCost.Result result = UsageCost.of(prices, GroundedPrompts.billed(selection.sku(), used));
        if (result.unpriced() != null) {
            return new Rating.Unpriced(
                    "the list has no price for " + result.unpriced() + " of " + name(selection.sku()));
        }
        for (BigDecimal factor : selection.factors()) {
            result.sum().multiply(factor);
        }
        return new Rating.Rated(result.sum().rounded());
    }

    /// The most a call can cost that has not been made yet.
    ///
    /// @param tokensIn an upper bound of the input
    /// @param others upper bounds of what is sold by other units (images, searches, seconds, calls)
    /// @param audio whether the input may hold, or the output be, audio; without it no token is taken at an audio price
    public CostBound upperBound(@Nullable String tenant, Sku sku, long tokensIn, Quantities others, boolean audio,
            Instant at) {
        PriceRow row = row(tenant, sku, at);
        if (row == null) {
            return new CostBound.Unpriced(noPrice(sku));
        }
        return UpperBound.of(new Selection(row, sku), tokensIn, others, audio);
    }

    /// Whether everybody's list has a row for the model at that time, in any region.
    public boolean lists(String provider, String model, Instant at) {
        List<PriceRow> rows = everybody.find(provider, model);
        return rows != null && rows.stream().anyMatch(row -> row.holdsOn(day(at)));
    }

    /// What the list says of the model's sizes.
    public ModelFacts facts(Sku sku, Instant at) {
        PriceRow row = row(null, sku, at);
        return row == null ? ModelFacts.NONE : row.facts();
    }

    private @Nullable PriceRow row(@Nullable String tenant, Sku sku, Instant at) {
        long day = day(at);
        Listings own = tenant == null || ofTenants.isEmpty() ? null : ofTenants.get(tenant);
        PriceRow row = own == null ? null : row(own, sku, day);
        return row != null ? row : row(everybody, sku, day);
    }

    private static long day(Instant at) {
        return Math.floorDiv(at.getEpochSecond(), SECONDS_PER_DAY);
    }

    private static @Nullable PriceRow row(Listings listings, Sku sku, long day) {
        List<PriceRow> candidates = listings.find(sku.provider(), sku.model());
        if (candidates == null) {
            return null;
        }
        PriceRow anywhere = null;
        for (PriceRow row : candidates) {
            if (!row.holdsOn(day)) {
                continue;
            }
            if (row.region() == null) {
                anywhere = row;
            } else if (row.region().equals(sku.region())) {
                return row;
            }
        }
        return anywhere;
    }

    private static String noPrice(Sku sku) {
        return "the list has no price for " + name(sku) + " at that time";
    }

    private static String name(Sku sku) {
        return sku.provider() + "/" + sku.model() + (sku.region() == null ? "" : " in " + sku.region());
    }

    /// The dearer of two prices for one unit, rounded up to a pico-dollar.
    static long dearest(long picos, @Nullable UnitPrice price) {
        if (price == null) {
            return picos;
        }
        return Math.max(picos, Math.ceilDiv(price.picosPerBlock(), price.unitsPerBlock()));
    }
}
