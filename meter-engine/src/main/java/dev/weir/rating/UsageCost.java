package dev.weir.rating;

import dev.weir.money.UnitPrice;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import org.jspecify.annotations.Nullable;

/// Which price each quantity of a usage takes.
///
/// `tokens_in` includes what was read from and written to a cache, `tokens_out` includes reasoning; parts with a price of
/// their own are taken out of the total first, what is left takes the plain price. Without prices of their own cached tokens
/// cost what plain ones do. A part that is larger than its total leaves nothing plain, and a token that is cached and of an
/// image is taken once, as cached; negative quantities cost nothing.
/// Searches are taken at the medium price, and without the free allowances some providers grant. Where a model lists both a
/// price per token and per second, image or character, the tokens are billed if there are any. A usage that counts nothing the
/// model is sold by has no cost, which is not a cost of 0.
final class UsageCost {
    private final Prices prices;
    private final Quantities used;
    private final ExactCost sum = new ExactCost();
    private @Nullable Meter unpriced;
    private boolean pricedByUnit;
    private boolean counted;

    private UsageCost(Prices prices, Quantities used) {
        this.prices = prices;
        this.used = used;
    }

    /// The sum, before factors; null in `unpriced` where all that was used has a price.
    record Result(ExactCost sum, @Nullable Meter unpriced) {}

    static Result of(Prices prices, Quantities used) {
        var cost = new UsageCost(prices, used);
        cost.addUnits();
        cost.addInput();
        cost.addOutput();
        if (!cost.counted && cost.unpriced == null) {
            cost.unpriced = Meter.TOKENS;
        }
        return new Result(cost.sum, cost.unpriced);
    }

    private void addUnits() {
        if (!imagesAreTokens()) {
            addUnit(prices.of(PriceKind.IMAGE_OUT_EACH), Meter.IMAGES_GENERATED);
        }
        if (amount(Meter.TOKENS_IN) == 0 && amount(Meter.TOKENS_OUT) == 0 || !prices.has(PriceKind.INPUT)) {
            addUnit(prices.perSecond(), Meter.SECONDS);
            addUnit(prices.of(PriceKind.CHARACTER_IN), Meter.CHARACTERS);
        }
        addUnit(prices.of(PriceKind.PAGE_EACH), Meter.PAGES);
        addUnit(prices.of(PriceKind.REQUEST_EACH), Meter.CALLS);
        addUnit(prices.of(PriceKind.QUERY_EACH), used.has(Meter.SEARCHES) ? Meter.SEARCHES : Meter.CALLS);
        if (!prices.has(PriceKind.QUERY_EACH) && amount(Meter.SEARCHES) > 0) {
            UnitPrice search = prices.of(PriceKind.SEARCH_MEDIUM_EACH);
            add(search, amount(Meter.SEARCHES), Meter.SEARCHES);
        }
    }

    /// Image models that list a price per image and per token of an image bill the tokens.
    private boolean imagesAreTokens() {
        return prices.has(PriceKind.IMAGE_TOKEN_OUT) && amount(Meter.IMAGES_GENERATED) > 0
                && amount(Meter.TOKENS_OUT) > 0;
    }

    private void addUnit(@Nullable UnitPrice price, Meter meter) {
        long units = amount(meter);
        counted |= price != null && used.has(meter);
        if (price != null && units > 0) {
            sum.add(price, units);
            pricedByUnit |= !price.isFree();
        }
    }

    private void addInput() {
        long cacheRead = amount(Meter.CACHE_READ);
        long cacheWrite = amount(Meter.CACHE_WRITE);
        long longWrite = Math.min(amount(Meter.CACHE_WRITE_1H), cacheWrite);
        long fresh = rest(amount(Meter.TOKENS_IN), cacheRead, cacheWrite);
        long audio = prices.has(PriceKind.AUDIO_IN) ? Math.min(amount(Meter.AUDIO_IN), fresh) : 0;
        long image = prices.has(PriceKind.IMAGE_TOKEN_IN) ? Math.min(amount(Meter.IMAGE_IN), fresh - audio) : 0;
        UnitPrice write = prices.first(PriceKind.CACHE_WRITE, PriceKind.INPUT);
        UnitPrice writeLong = prices.of(PriceKind.CACHE_WRITE_1H);
        add(prices.of(PriceKind.INPUT), fresh - audio - image, Meter.TOKENS_IN);
        add(prices.first(PriceKind.CACHE_READ, PriceKind.INPUT), cacheRead, Meter.CACHE_READ);
        add(write, cacheWrite - longWrite, Meter.CACHE_WRITE);
        add(writeLong != null ? writeLong : write, longWrite, Meter.CACHE_WRITE_1H);
        add(prices.of(PriceKind.AUDIO_IN), audio, Meter.AUDIO_IN);
        add(prices.of(PriceKind.IMAGE_TOKEN_IN), image, Meter.IMAGE_IN);
    }

    private void addOutput() {
        long reasoning = prices.has(PriceKind.REASONING) ? amount(Meter.REASONING) : 0;
        long said = rest(amount(Meter.TOKENS_OUT), reasoning, 0);
        long audio = prices.has(PriceKind.AUDIO_OUT) ? Math.min(amount(Meter.AUDIO_OUT), said) : 0;
        long image = prices.has(PriceKind.IMAGE_TOKEN_OUT) ? Math.min(amount(Meter.IMAGE_OUT), said - audio) : 0;
        boolean allImage = !used.has(Meter.IMAGE_OUT) && imagesAreTokens();
        add(prices.first(allImage ? PriceKind.IMAGE_TOKEN_OUT : PriceKind.OUTPUT, PriceKind.IMAGE_TOKEN_OUT),
                said - audio - image, Meter.TOKENS_OUT);
        add(prices.of(PriceKind.IMAGE_TOKEN_OUT), image, Meter.IMAGE_OUT);
        add(prices.of(PriceKind.REASONING), reasoning, Meter.REASONING);
        add(prices.of(PriceKind.AUDIO_OUT), audio, Meter.AUDIO_OUT);
    }

    /// Tokens without a price are free only where the model is sold by another unit that was counted.
    private void add(@Nullable UnitPrice price, long tokens, Meter meter) {
        counted |= used.has(meter) && (price != null || pricedByUnit);
        if (tokens == 0) {
            return;
        }
        if (price != null) {
            sum.add(price, tokens);
        } else if (!pricedByUnit && unpriced == null) {
            unpriced = meter;
        }
    }

    private static long rest(long total, long a, long b) {
        return Math.max(0, Math.subtractExact(total, Math.addExact(a, b)));
    }

    private long amount(Meter meter) {
        return Math.max(0, used.amount(meter));
    }
}
