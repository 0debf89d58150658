package dev.weir.ledger;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes the ledgers of tests, in every module. Each is watched by [QuietLedgers]: after a test nothing may be left reserved.
/// A ledger that is made in another way is found by `TidyTest`. Any thread.
public final class Ledgers {
    private static final List<Ledger> WATCHED = new ArrayList<>();

    private Ledgers() {}

    /// The ledger of a node that shares no limit with any other.
    public static Ledger watched() {
        return watch(new Ledger());
    }

    /// The ledger of a node that spends from what it is lent.
    public static Ledger watched(Lending lending) {
        return watched(lending, Lanes.ONE);
    }

    /// The same with threads in lanes of their own.
    ///
    /// @param lending null where the node shares no limit
    public static Ledger watched(@Nullable Lending lending, Lanes lanes) {
        return watch(new Ledger(lending, lanes));
    }

    /// A ledger whose maker asks [#complaint] at its own quiet moment: its calls may end with their process.
    ///
    /// @param lending null where the node shares no limit
    public static Ledger leftToItsMaker(@Nullable Lending lending, Lanes lanes) {
        return new Ledger(lending, lanes);
    }

    /// Watches a ledger that was made by the product.
    public static Ledger watch(Ledger ledger) {
        synchronized (WATCHED) {
            WATCHED.add(ledger);
        }
        return ledger;
    }

    /// What of a ledger is not quiet: empty where nothing is reserved.
    public static String complaint(Ledger ledger) {
        int open = ledger.openReservations();
        List<Standing> reserved = ledger.reserved();
        return open == 0 && reserved.isEmpty()
                ? ""
                : open + " reservations never ended, and these counters have something reserved: " + reserved;
    }

    static List<Ledger> allWatched() {
        synchronized (WATCHED) {
            return List.copyOf(WATCHED);
        }
    }

    static void watchNoMore(List<Ledger> ledgers) {
        synchronized (WATCHED) {
            WATCHED.removeAll(ledgers);
        }
    }
}
