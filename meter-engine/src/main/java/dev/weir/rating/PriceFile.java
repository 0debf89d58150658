package dev.weir.rating;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.weir.money.UnitPrice;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads a price file, strictly: an unknown field is a mistake, not a comment. Schema 1:
///
/// ```
/// {"schema":1, "version":"list-2026-08-01-2", "as_of":"2026-08-01", "currency":"USD", "source":"…", "rows":[
///  {"tenant":"acme"?, "provider":"openai", "model":"gpt-4o", "region":"eu"?, "from":"2026-01-01"?, "to":"2026-02-01"?,
///   "prices":{KIND:USD,…}, "tiers":[{"input_tokens_above":200000, "prices":{…}}]?,
///   "service":{"batch"|"flex"|"priority":{"prices":{…}, "tiers":[…]?}}?, "multipliers":{"us":"1.1"}?,
///   "max_input_tokens":128000?, "max_output_tokens":16384?}]}
/// ```
///
/// USD are decimal strings, per million tokens or per unit ([PriceKind]); `from` is the first day (UTC), `to` the first day
/// after. A service's prices replace the standard ones key by key, also above a threshold.
final class PriceFile {
    private static final JsonFactory JSON = new JsonFactory();

    private final InputStream file;

    PriceFile(InputStream file) {
        this.file = file;
    }

    PriceBook read() throws IOException {
        try (JsonParser json = JSON.createParser(file)) {
            json.nextToken();
            return readBook(json);
        }
    }

    private static PriceBook readBook(JsonParser json) throws IOException {
        String version = "";
        LocalDate asOf = LocalDate.EPOCH;
        String source = "";
        var rows = new ArrayList<PriceRow>();
        for (String field = firstField(json); field != null; field = json.nextFieldName()) {
            json.nextToken();
            switch (field) {
                case "schema" -> expect(json, json.getText().equals("1"), "schema 1");
                case "version" -> version = text(json);
                case "as_of" -> asOf = date(json);
                case "currency" -> expect(json, json.getText().equals("USD"), "currency USD");
                case "source" -> source = text(json);
                case "rows" -> readRows(json, rows);
                default -> throw mistake(json, "an unknown field '" + field + "'");
            }
        }
        expect(json, !version.isEmpty(), "a version");
        return new PriceBook(version, asOf, source, rows);
    }

    private static void readRows(JsonParser json, List<PriceRow> rows) throws IOException {
        expect(json, json.currentToken() == JsonToken.START_ARRAY, "an array of rows");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            rows.add(new RowReader().read(json));
        }
    }

    /// The fields of one row as they come, in any order.
    private static final class RowReader {
        private @Nullable String tenant;
        private String provider = "";
        private String model = "";
        private @Nullable String region;
        private long fromDay = Long.MIN_VALUE;
        private long toDay = Long.MAX_VALUE;
        private Listed standard = new Listed();
        private final Map<String, Listed> services = new HashMap<>();
        private final Map<String, BigDecimal> multipliers = new HashMap<>();
        private long inputTokensMax = ModelFacts.UNKNOWN;
        private long outputTokensMax = ModelFacts.UNKNOWN;

        PriceRow read(JsonParser json) throws IOException {
            for (String field = firstField(json); field != null; field = json.nextFieldName()) {
                json.nextToken();
                readField(json, field);
            }
            expect(json, !provider.isEmpty() && !model.isEmpty(), "a provider and a model");
            Map<String, Tariff> tariffs = new HashMap<>();
            services.forEach((name, listed) -> tariffs.put(name, listed.over(standard)));
            return new PriceRow(tenant, provider, model, region, fromDay, toDay, standard.tariff(), tariffs,
                    multipliers, new ModelFacts(inputTokensMax, outputTokensMax));
        }

        private void readField(JsonParser json, String field) throws IOException {
            switch (field) {
                case "tenant" -> tenant = text(json);
                case "provider" -> provider = text(json);
                case "model" -> model = text(json);
                case "region" -> region = text(json);
                case "from" -> fromDay = date(json).toEpochDay();
                case "to" -> toDay = date(json).toEpochDay();
                case "prices" -> standard.prices = readPrices(json);
                case "tiers" -> standard.tiers = readTiers(json);
                case "service" -> readServices(json);
                case "multipliers" -> readMultipliers(json);
                case "max_input_tokens" -> inputTokensMax = json.getLongValue();
                case "max_output_tokens" -> outputTokensMax = json.getLongValue();
                default -> throw mistake(json, "an unknown field '" + field + "'");
            }
        }

        private void readServices(JsonParser json) throws IOException {
            for (String name = firstField(json); name != null; name = json.nextFieldName()) {
                json.nextToken();
                var listed = new Listed();
                for (String field = firstField(json); field != null; field = json.nextFieldName()) {
                    json.nextToken();
                    switch (field) {
                        case "prices" -> listed.prices = readPrices(json);
                        case "tiers" -> listed.tiers = readTiers(json);
                        default -> throw mistake(json, "an unknown field '" + field + "'");
                    }
                }
                services.put(name, listed);
            }
        }

        private void readMultipliers(JsonParser json) throws IOException {
            for (String name = firstField(json); name != null; name = json.nextFieldName()) {
                json.nextToken();
                multipliers.put(name, decimal(json));
            }
        }
    }

    /// Prices as listed: only what differs.
    private static final class Listed {
        private Prices prices = Prices.NONE;
        private List<Tariff.Step> tiers = List.of();

        /// As the standard tariff.
        Tariff tariff() {
            return new Tariff(prices, tiers.stream()
                    .map(tier -> new Tariff.Step(tier.inputTokensAbove(), prices.overlaidBy(tier.prices())))
                    .toList());
        }

        /// As a service's tariff: the standard one, key by key replaced.
        Tariff over(Listed standard) {
            Prices usual = standard.prices.overlaidBy(prices);
            return new Tariff(usual, Stream.concat(standard.tiers.stream(), tiers.stream())
                    .mapToLong(Tariff.Step::inputTokensAbove)
                    .distinct()
                    .sorted()
                    .mapToObj(threshold -> new Tariff.Step(threshold, standard.prices
                            .overlaidBy(at(standard.tiers, threshold))
                            .overlaidBy(prices)
                            .overlaidBy(at(tiers, threshold))))
                    .toList());
        }

        private static Prices at(List<Tariff.Step> tiers, long threshold) {
            Prices prices = Prices.NONE;
            for (Tariff.Step tier : tiers) {
                if (tier.inputTokensAbove() <= threshold) {
                    prices = tier.prices();
                }
            }
            return prices;
        }
    }

    private static List<Tariff.Step> readTiers(JsonParser json) throws IOException {
        var tiers = new ArrayList<Tariff.Step>();
        expect(json, json.currentToken() == JsonToken.START_ARRAY, "an array of tiers");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            long above = 0;
            Prices prices = Prices.NONE;
            for (String field = firstField(json); field != null; field = json.nextFieldName()) {
                json.nextToken();
                switch (field) {
                    case "input_tokens_above" -> above = json.getLongValue();
                    case "prices" -> prices = readPrices(json);
                    default -> throw mistake(json, "an unknown field '" + field + "'");
                }
            }
            tiers.add(new Tariff.Step(above, prices));
        }
        return tiers;
    }

    private static Prices readPrices(JsonParser json) throws IOException {
        Prices prices = Prices.NONE;
        for (String name = firstField(json); name != null; name = json.nextFieldName()) {
            json.nextToken();
            PriceKind kind = PriceKind.byId(name).orElse(null);
            if (kind == null) {
                throw mistake(json, "an unknown kind of price '" + name + "'");
            }
            prices = prices.with(kind, unitPrice(json, kind));
        }
        return prices;
    }

    private static UnitPrice unitPrice(JsonParser json, PriceKind kind) throws IOException {
        try {
            return Prices.unitPrice(decimal(json), kind.unitsPerListedPrice());
        } catch (ArithmeticException e) {
            throw mistake(json, "the price " + json.getText() + ", which does not fit");
        }
    }

    private static @Nullable String firstField(JsonParser json) throws IOException {
        expect(json, json.currentToken() == JsonToken.START_OBJECT, "an object");
        return json.nextFieldName();
    }

    private static String text(JsonParser json) throws IOException {
        expect(json, json.currentToken() == JsonToken.VALUE_STRING && !json.getText().isEmpty(), "a text");
        return json.getText();
    }

    private static LocalDate date(JsonParser json) throws IOException {
        try {
            return LocalDate.parse(text(json));
        } catch (DateTimeException e) {
            throw mistake(json, "'" + json.getText() + "' where a date like 2026-08-01 belongs");
        }
    }

    private static BigDecimal decimal(JsonParser json) throws IOException {
        try {
            var value = new BigDecimal(text(json));
            expect(json, value.signum() >= 0, "0 or more");
            return value;
        } catch (NumberFormatException e) {
            throw mistake(json, "'" + json.getText() + "' where a decimal like \"2.50\" belongs");
        }
    }

    private static void expect(JsonParser json, boolean holds, String what) throws IOException {
        if (!holds) {
            throw mistake(json, "something else where " + what + " belongs");
        }
    }

    private static IOException mistake(JsonParser json, String what) {
        return new JsonParseException(json, "the price file has " + what);
    }
}
