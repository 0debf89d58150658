package dev.weir.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/// Runs a ledger's story told as a table: a line is an act, and after `->` what must come of it.
///
/// ```
/// limit   ID ENTITY MEASURE WINDOW ACTION AMOUNT [ZONE]
/// at      INSTANT
/// reserve NAME LIMIT[/VALUE]=FIXED[+PER_UNIT*MIN..MAX] …   -> admitted [UNITS] | refused LIMIT
/// settle  NAME [AMOUNT]          -> nothing, or crossings as LIMIT@PERCENT, or violated
/// release NAME    extend NAME MEASURE MORE    shrink NAME BOUND
/// restore LIMIT SETTLED VERSION  -> assigned | ignored
/// show    LIMIT[/VALUE]          -> settled N reserved N
/// turned  LIMIT ASKED            a caller was turned away who asked for so much
/// marks   LIMIT                  -> of each kept run, by its end: SETTLED, and the alert marks that are reached
/// ```
final class LedgerScript {
    private static final TenantId ACME = new TenantId("acme");
    private final Ledger ledger;
    private final Map<String, Limit> limits = new HashMap<>();
    private final Map<String, Reservation> held = new HashMap<>();
    private Instant now = Instant.parse("2026-03-01T12:00:00Z");

    private LedgerScript(Lanes lanes) {
        ledger = Ledgers.watched(null, lanes);
    }

    /// Behind one lock, and again with each act in another part of the shard than the one before.
    static void run(String script) {
        run(script, Lanes.ONE);
        run(script, Lanes.always(new AtomicInteger()::getAndIncrement, 2));
        run(script, Lanes.always(new AtomicInteger()::getAndIncrement, 4));
        run(script, Lanes.always(() -> 0, 1));
    }

    private static void run(String script, Lanes lanes) {
        var story = new LedgerScript(lanes);
        script.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(line -> {
            String[] sides = line.split("->");
            String result = story.act(sides[0].strip().split("\\s+"));
            String expected = sides.length > 1 ? sides[1].strip().replaceAll("\\s+", " ") : "";
            assertThat(result).as("%s, in up to %s parts", line, lanes.partsMost()).isEqualTo(expected);
        });
    }

    private String act(String[] words) {
        return switch (words[0]) {
            case "limit" -> limit(words);
            case "at" -> {
                now = Instant.parse(words[1]);
                yield "";
            }
            case "reserve" -> reserve(words);
            case "extend" -> claimed(words[1], ledger.extend(reservation(words[1]),
                    Measure.byId(words[2]).orElseThrow(), Long.parseLong(words[3])), false);
            case "shrink" -> {
                ledger.shrink(reservation(words[1]), _ -> Long.parseLong(words[2]));
                yield "";
            }
            case "settle" -> settle(words);
            case "release" -> {
                ledger.release(reservation(words[1]));
                yield "";
            }
            case "restore" -> ledger.restore(ACME, named(words[1]), value(words[1]), now, Long.parseLong(words[2]),
                    Long.parseLong(words[3])) ? "assigned" : "ignored";
            case "show" -> {
                Standing standing = ledger.standing(ACME, named(words[1]), value(words[1]), now);
                yield "settled " + standing.settled() + " reserved " + standing.reserved();
            }
            case "turned" -> {
                Limit limit = named(words[1]);
                Standing stood = ledger.standing(ACME, limit, value(words[1]), now);
                ledger.refused(ACME, new Exceeded(limit, value(words[1]), stood.settled(), stood.reserved(),
                        Long.parseLong(words[2]), stood.span()));
                yield "";
            }
            case "marks" -> ledger.runs()
                    .getOrDefault(ACME, List.of())
                    .stream()
                    .filter(run -> run.standing().limit().countsAs(named(words[1])))
                    .sorted(Comparator.comparing(run -> run.standing().span().end()))
                    .map(run -> run.standing().settled() + named(words[1]).alerts()
                            .stream()
                            .filter(percent -> run.hasReached(named(words[1]), percent))
                            .map(percent -> "@" + percent)
                            .collect(Collectors.joining()))
                    .collect(Collectors.joining(" "));
            case "open" -> Integer.toString(ledger.openReservations());
            default -> throw new IllegalArgumentException(String.join(" ", words));
        };
    }

    private String limit(String[] words) {
        Entity entity = new Entity(Entity.Kind.byId(words[2]).orElseThrow(), Entity.EACH);
        limits.put(words[1], new Limit(words[1], entity, Measure.byId(words[3]).orElseThrow(),
                Window.byId(words[4]).orElseThrow(), ZoneId.of(words.length > 7 ? words[7] : "UTC"),
                Long.parseLong(words[6]), Limit.Action.valueOf(words[5].toUpperCase(Locale.ROOT)),
                Limit.USUAL_ALERTS));
        return "";
    }

    private String reserve(String[] words) {
        long min = 0;
        long max = 0;
        for (String word : List.of(words).subList(2, words.length)) {
            if (word.contains("*")) {
                String[] units = word.substring(word.indexOf('*') + 1).split("\\.\\.");
                min = Long.parseLong(units[0]);
                max = Long.parseLong(units[1]);
            }
        }
        boolean elastic = max > 0;
        var claims = new Claims(ACME, now, min, max);
        for (String word : List.of(words).subList(2, words.length)) {
            String amount = word.substring(word.indexOf('=') + 1).replaceAll("\\*.*", "");
            String[] parts = amount.split("\\+");
            String name = word.substring(0, word.indexOf('='));
            claims.add(named(name), value(name), Long.parseLong(parts[0]),
                    parts.length > 1 ? Long.parseLong(parts[1]) : 0);
        }
        return claimed(words[1], ledger.reserve(claims), elastic);
    }

    private String claimed(String name, Claimed claimed, boolean elastic) {
        return switch (claimed) {
            case Reservation reservation -> {
                held.put(name, reservation);
                yield elastic ? "admitted " + reservation.units() : "admitted";
            }
            case Exceeded exceeded -> "refused " + exceeded.limit().id();
            case Shortage shortage -> "short of " + shortage.needs().getFirst().limit().id();
        };
    }

    private String settle(String[] words) {
        long used = words.length > 2 ? Long.parseLong(words[2]) : Ledger.AS_RESERVED;
        Settlement settlement = ledger.settle(reservation(words[1]), _ -> used);
        String crossings = settlement.crossings()
                .stream()
                .map(crossing -> crossing.limit().id() + "@" + crossing.percent())
                .collect(Collectors.joining(" "));
        return (settlement.boundViolated() ? "violated " : "").concat(crossings).strip();
    }

    private Reservation reservation(String name) {
        Reservation reservation = held.get(name);
        if (reservation == null) {
            throw new IllegalArgumentException("nothing is held by the name " + name);
        }
        return reservation;
    }

    private Limit named(String name) {
        Limit limit = limits.get(name.replaceAll("/.*", ""));
        if (limit == null) {
            throw new IllegalArgumentException("no limit " + name);
        }
        return limit;
    }

    private static String value(String name) {
        return name.contains("/") ? name.substring(name.indexOf('/') + 1) : "acme";
    }
}
