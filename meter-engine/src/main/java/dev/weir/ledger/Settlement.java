package dev.weir.ledger;

import java.util.List;

/// What settling a call did.
///
/// @param crossings the alert marks that were reached, usually none
/// @param boundViolated more was used than was reserved of a blocking limit: charged all the same, to be flagged (G2.2)
public record Settlement(List<Crossing> crossings, boolean boundViolated) {
    static final Settlement QUIET = new Settlement(List.of(), false);

    public Settlement {
        crossings = List.copyOf(crossings);
    }
}
