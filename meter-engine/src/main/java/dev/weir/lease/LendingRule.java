package dev.weir.lease;

/// How much a node holds of one counter after an exchange: the allocator's arithmetic, apart from where it is stored. Whoever
/// lends does it like this, in whatever language: the lease model explores it, and the SQL is held to it.
public final class LendingRule {
    private LendingRule() {}

    /// What may be lent of at all: the node may not have heard of a lowered amount yet, or the allocator reads a limit that the
    /// node does not know any more.
    ///
    /// @param named the amount that the message names
    /// @param stored the amount in force where the allocator finds one, else [Long#MAX_VALUE]
    public static long amount(long named, long stored) {
        return Math.min(named, stored);
    }

    /// What a node is told that others hold: of the amount that it named, all that it is not to have. So it goes by the amount
    /// in force from the answer on, whether or not it has heard of it otherwise.
    ///
    /// @param elsewhere what all other nodes hold, lent and lost
    /// @param named the amount that the message names
    /// @param amount as [#amount] says
    /// @return the sum, or [Long#MAX_VALUE] where it does not fit
    public static long toldElsewhere(long elsewhere, long named, long amount) {
        long told = elsewhere + (named - amount);
        return told < 0 ? Long.MAX_VALUE : told;
    }

    /// What the node holds from now on: what it keeps, and more where it wishes for more and what it needs is free.
    ///
    /// All amounts are 0 or more, in the unit of the limit. Nothing is ever taken from what the node keeps: it may be spent. So
    /// where `keep` and what others hold is more than the amount already, after it was lowered, nothing is added.
    ///
    /// @param amount as [#amount] says
    /// @param elsewhere what all other nodes hold, lent and lost
    /// @param keep what the node holds itself to until it hears the answer
    /// @param lost what former starts of the node were lent and nobody can account for
    /// @param need the least that must be added to be of any use, at most `wish`
    /// @param wish what would be of use; 0 where nothing is to be added, otherwise up to a fair share is
    /// @param nodes how many nodes share the limit, this one too; less than 1 counts as 1
    /// @return `keep` or more; if more, then `elsewhere` + `lost` + that is at most `amount`
    public static long lent(long amount, long elsewhere, long keep, long lost, long need, long wish, int nodes) {
        long free = minus(minus(minus(amount, elsewhere), lost), keep);
        if (wish == 0 || free < need) {
            return keep;
        }
        return keep + Math.min(free, Math.max(wish, fairShare(free, nodes)));
    }

    /// What a node is lent that asks for less: it halves as the cap nears its end.
    static long fairShare(long free, int nodes) {
        return free / (2L * Math.max(1, nodes));
    }

    /// The difference, and 0 where it would be less: sums of what is held need not fit a number.
    private static long minus(long a, long b) {
        return Math.max(0, a - b);
    }
}
