package dev.weir.lease;

import java.util.List;

/// Who lends parts of caps to nodes, so that what it has lent never exceeds a cap. May wait; one call at a time from one node.
public interface LeaseAllocator {
    /// Carries out one exchange whole or not at all, as `docs/leases.md` says.
    ///
    /// @throws LeaseException where nobody can say whether it was carried out, or where it was refused for good
    Exchanged exchange(Exchange exchange) throws LeaseException;

    /// What a node was lent and has not given back, by whatever start of it: of windows that have not ended.
    ///
    /// @throws LeaseException where nobody could be asked
    List<Held> held(String node) throws LeaseException;

    /// Puts on record what other nodes have used that have no lease of a counter: only where nothing is on record yet.
    ///
    /// @throws LeaseException where nobody can say whether it was done; doing it again is always right
    void note(List<Used> used) throws LeaseException;

    /// One message.
    ///
    /// @param epoch of the node's start; a later one fences all earlier
    /// @param number of the message in that start, rising from 1
    record Exchange(String node, long epoch, long number, List<Ask> asks) {
        public Exchange {
            asks = List.copyOf(asks);
        }
    }

    /// What a node says and asks about one counter.
    ///
    /// @param amount of the limit, as this node knows it: less is lent where less is in force by now; 0 where nothing is lent
    ///        because the limit does not block
    /// @param keep what the node holds itself to, settled and reserved and idle, until it hears the answer; what is settled where
    ///        the limit does not block, so that it counts where the limit comes to
    /// @param need what must be lent beyond that to be of any use, 0 or more
    /// @param wish what would be of use beyond that; where it is more than 0, up to a fair share is lent
    /// @param used what is settled
    /// @param lost what former starts were lent and nobody can account for
    record Ask(LeaseKey key, long amount, long keep, long need, long wish, long used, long lost) {}

    /// The answer.
    ///
    /// @param nodes how many nodes have spoken lately, this one too
    /// @param lent one for each ask, in their order
    record Exchanged(int nodes, List<Lent> lent) {
        public Exchanged {
            lent = List.copyOf(lent);
        }
    }

    /// What a node holds of one counter from now on.
    ///
    /// @param lent `keep` or more
    /// @param elsewhereLent what all other nodes hold, lent and lost; and what the node named beyond the amount in force, which
    ///        is nobody's to have
    /// @param elsewhereUsed what they say is used of it, their lost too
    record Lent(long lent, long lost, long elsewhereLent, long elsewhereUsed) {}

    /// What a former start was lent.
    ///
    /// @param whole whether all that the start has kept is there to be read, so that its events account for all that is spent
    record Held(LeaseKey key, long lent, long lost, boolean whole) {}

    /// What a node has used of a counter.
    record Used(String node, LeaseKey key, long used) {}
}
