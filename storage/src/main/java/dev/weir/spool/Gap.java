package dev.weir.spool;

import org.jspecify.annotations.Nullable;

/// Events that have been given a number, or may have been, and are not to be had any more. It is named, never closed silently
/// (G3.5, G4.2). Immutable.
///
/// @param firstSeq the first that is missing, 1 or more
/// @param lastSeq the last that is missing; null where nobody can know how many there were
public record Gap(String node, long epoch, long firstSeq, @Nullable Long lastSeq, Reason reason) {
    public Gap {
        if (node.isEmpty() || epoch < 1 || firstSeq < 1 || lastSeq != null && lastSeq < firstSeq) {
            throw new IllegalArgumentException("a gap is of a node's epoch and ends where it begins or later, not "
                    + node + "-" + epoch + "-" + firstSeq + "…" + lastSeq);
        }
    }

    /// Why events are missing, as far as whoever noticed it can tell.
    public enum Reason {
        /// Later events of the epoch came, these did not: a bad block, segments that are gone, a poisoned record.
        MISSING("missing"),
        /// The machine lost power: up to one sync interval of records may be gone after the last one found.
        POWER_CUT("power_cut"),
        /// The spool folder knows less than the store: it is new, or an older copy. What the lost one kept is gone.
        FOLDER_LOST("folder_lost"),
        /// Nothing is missing: the settlement came after a later start had charged its attempt as interrupted, and that stands.
        SUPERSEDED("superseded");

        private final String id;

        Reason(String id) {
            this.id = id;
        }

        /// The name in tables and APIs.
        public String id() {
            return id;
        }
    }

    /// A gap of which only the beginning is known.
    static Gap openEnded(String node, long epoch, long firstSeq, Reason reason) {
        return new Gap(node, epoch, firstSeq, null, reason);
    }

    /// `node-epoch-first…last`.
    @Override
    public String toString() {
        return node + "-" + epoch + "-" + firstSeq + "…" + (lastSeq == null ? "" : lastSeq);
    }
}
