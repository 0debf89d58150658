package dev.weir.rating;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Finds the row for a model's name: exactly, else by rules that follow how providers name their models. Immutable.
///
/// The rules, the first that finds a model wins:
///
/// 1. the name itself
/// 2. the name without a path (`models/gemini-2.5-pro`, `publishers/google/models/…`, `openai/gpt-4o`)
/// 3. the name without a revision: `-2024-08-06`, `-20241022`, `@20241022`, `-0613`, `-002`, `-latest`, `@latest`
/// 4. an alias: the newest dated listing that is the name and a revision (`claude-3-5-haiku` → `claude-3-5-haiku-20241022`),
///    `…-latest` before any date
/// 5. a fine-tuned model: `ft:gpt-4o-2024-08-06:org::id` → `ft:gpt-4o-2024-08-06`
/// 6. the provider's `*` row, if it has one (only `sandbox` ships one)
final class Listings {
    private static final String ANY_MODEL = "*";
    private static final Pattern REVISION = Pattern
            .compile("(.+?)(?:[-@](?:\\d{4}-\\d{2}-\\d{2}|\\d{8}|\\d{4}|\\d{3}|latest))");
    private static final Pattern FINE_TUNED = Pattern.compile("(ft:[^:]+):.*");

    private final Map<String, TreeMap<String, List<PriceRow>>> byProvider = new HashMap<>();

    Listings(Iterable<PriceRow> rows) {
        for (PriceRow row : rows) {
            byProvider.computeIfAbsent(row.provider(), _ -> new TreeMap<>())
                    .computeIfAbsent(row.model(), _ -> new ArrayList<>())
                    .add(row);
        }
        byProvider.values()
                .forEach(models -> models.values()
                        .forEach(list -> list.sort(Comparator.comparingLong(PriceRow::fromDay))));
    }

    boolean isEmpty() {
        return byProvider.isEmpty();
    }

    /// All rows of the model that the name means, or null.
    @Nullable
    List<PriceRow> find(String provider, String name) {
        TreeMap<String, List<PriceRow>> models = byProvider.get(provider);
        if (models == null) {
            return null;
        }
        List<PriceRow> exact = models.get(name);
        return exact != null ? exact : findByRule(models, name);
    }

    private static @Nullable List<PriceRow> findByRule(TreeMap<String, List<PriceRow>> models, String name) {
        String bare = name.substring(name.lastIndexOf('/') + 1);
        List<PriceRow> found = models.get(bare);
        Matcher revision = REVISION.matcher(bare);
        String family = revision.matches() ? revision.group(1) : bare;
        if (found == null) {
            found = models.get(family);
        }
        if (found == null) {
            found = newestRevision(models, family);
        }
        Matcher fineTuned = FINE_TUNED.matcher(name);
        if (found == null && fineTuned.matches()) {
            found = models.get(fineTuned.group(1));
        }
        return found != null ? found : models.get(ANY_MODEL);
    }

    private static @Nullable List<PriceRow> newestRevision(TreeMap<String, List<PriceRow>> models, String family) {
        List<PriceRow> newest = null;
        for (var listing : models.subMap(family + "-", family + "A").entrySet()) {
            Matcher revision = REVISION.matcher(listing.getKey());
            if (revision.matches() && revision.group(1).equals(family)) {
                newest = listing.getValue();
            }
        }
        return newest;
    }
}
