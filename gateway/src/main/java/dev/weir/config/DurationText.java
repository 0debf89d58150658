package dev.weir.config;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as people write them: `10ms`, `5s`, `2m`, `1h30m`, `1d`.
final class DurationText {
    private static final Map<String, Duration> UNITS = new LinkedHashMap<>();
    private static final Pattern PART = Pattern.compile("([0-9]{1,12})(ms|us|s|m|h|d)");
    private static final Pattern FORM = Pattern.compile("(" + PART.pattern() + ")+");

    static {
        UNITS.put("d", ChronoUnit.DAYS.getDuration());
        UNITS.put("h", Duration.ofHours(1));
        UNITS.put("m", Duration.ofMinutes(1));
        UNITS.put("s", Duration.ofSeconds(1));
        UNITS.put("ms", Duration.ofMillis(1));
        UNITS.put("us", Duration.of(1, ChronoUnit.MICROS));
    }

    private DurationText() {}

    /// @throws IllegalArgumentException with a message for the operator
    static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("is not a duration. Write whole numbers with units, as 10ms, 5s, 2m or"
                    + " 1h30m (units: us, ms, s, m, h, d)");
        }
        Duration sum = Duration.ZERO;
        Matcher parts = PART.matcher(text);
        while (parts.find()) {
            sum = sum.plus(unit(parts.group(2)).multipliedBy(Long.parseLong(parts.group(1))));
        }
        return sum;
    }

    private static Duration unit(String name) {
        return java.util.Objects.requireNonNull(UNITS.get(name));
    }

    /// The shortest spelling that [#parse] reads back; parts below a microsecond are not shown.
    static String show(Duration duration) {
        StringBuilder text = new StringBuilder();
        Duration rest = duration;
        for (Map.Entry<String, Duration> unit : UNITS.entrySet()) {
            long count = rest.dividedBy(unit.getValue());
            if (count > 0) {
                text.append(count).append(unit.getKey());
                rest = rest.minus(unit.getValue().multipliedBy(count));
            }
        }
        return text.isEmpty() ? "0" : text.toString();
    }
}
