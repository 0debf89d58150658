package dev.weir.lease;

/// How much of everything there is in one exploration. What is not bounded here is not bounded at all: how often messages are
/// sent, lost, repeated or overtaken, calls admitted and settled, and time passes.
///
/// @param nodes 2 or 3
/// @param cap the amount of the limit, in units; a call reserves one
/// @param lowered what the amount is lowered to at some moment; [#NEVER]
/// @param starts how often one node starts at most
/// @param crashes how many crashes there are on all nodes together
/// @param powerCuts whether a crash may take records that were kept
/// @param forfeits how often an operator takes a node's leases away
/// @param time whether leases of one of the nodes expire, by clocks that go slow and fast
/// @param inFlight how many messages of one node may be under way and still do something
record LeaseWorld(int nodes, int cap, int lowered, int starts, int crashes, boolean powerCuts, int forfeits,
        boolean time,
        int inFlight) {
    static final int NEVER = -1;
    /// Ticks of the allocator's clock after which what a silent node was lent may be forfeited.
    static final int EXPIRE_TICKS = 2;
    /// By how many ticks a node's clock may fall behind in that time.
    static final int DRIFT_TICKS = 1;

    boolean lowers() {
        return lowered != NEVER;
    }
}
