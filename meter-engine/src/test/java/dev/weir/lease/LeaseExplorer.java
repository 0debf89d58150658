package dev.weir.lease;

import dev.weir.lease.LeaseModel.Around;
import dev.weir.lease.LeaseModel.Move;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Goes through all states of a [LeaseWorld] that can be reached, breadth first, so the first fault found has the shortest path.
///
/// A state is the three nodes in no order, because none is special, and four small counts. Every different node gets a number
/// when it is first seen, and what may happen to it is worked out once for each surrounding; so a state is one `long`.
final class LeaseExplorer {
    private static final int NODES_MAX = 3;
    private static final int NODE_BITS = 18;
    private static final long NODE_MASK = (1L << NODE_BITS) - 1;
    private static final int CRASHES_SHIFT = NODES_MAX * NODE_BITS;
    private static final int FORFEITS_SHIFT = CRASHES_SHIFT + 2;
    private static final int GIVEN_SHIFT = FORFEITS_SHIFT + 2;
    private static final int LOWERED_SHIFT = GIVEN_SHIFT + 4;
    /// More than the lowered amount was lent and lost when it was lowered, and still is.
    private static final int EXCESS_SHIFT = LOWERED_SHIFT + 1;
    private static final long COUNTS_MASK = -1L << CRASHES_SHIFT;
    private static final int STATES_MAX = 40_000_000;

    private final LeaseWorld world;
    private final LeaseModel model;

    private final Map<LeaseNode, Integer> ids = new HashMap<>();
    private final List<Seen> seen = new ArrayList<>();

    /// States in the order they were found, and from which each was.
    private long[] states = new long[1 << 16];
    private int[] parents = new int[1 << 16];
    private int size;
    /// Open addressing: positions in [#states], plus 1.
    private int[] table = new int[1 << 18];
    private long steps;
    private @Nullable Fault fault;

    /// What was found out about one node.
    private static final class Seen {
        final LeaseNode node;
        final @Nullable String fault;
        final Map<Integer, Next[]> next = new HashMap<>();
        /// With more forfeits to come, and without.
        final int[][] ticks = new int[2][];
        final int[] withoutNetwork = {-1, -1};

        Seen(LeaseNode node, @Nullable String fault) {
            this.node = node;
            this.fault = fault;
        }
    }

    /// A [Move] with the node's number in place of the node.
    private record Next(Move move, int id, long counts) {}

    private record Fault(int parent, long state, String what) {}

    /// @param steps of all states together
    /// @param fault what must not be and is; null where there is no such state
    /// @param path the steps to it, a line each
    record Explored(int states, int nodes, long steps, @Nullable String fault, List<String> path) {}

    LeaseExplorer(LeaseWorld world, LeaseMistake mistake) {
        this.world = world;
        this.model = new LeaseModel(world, mistake);
    }

    Explored explore() {
        var all = new int[world.nodes()];
        for (int i = 0; i < all.length; i++) {
            all[i] = idOf(model.first(world.time() && i == 0), world.forfeits() > 0);
        }
        visit(state(all, (long) world.crashes() << CRASHES_SHIFT
                | (long) world.forfeits() << FORFEITS_SHIFT), -1, null);
        for (int at = 0; at < size && fault == null; at++) {
            int from = at;
            each(states[at], (then, stepFault) -> visit(then, from, stepFault));
        }
        Fault found = fault;
        return new Explored(size, seen.size(), steps, found == null ? null : found.what,
                found == null ? List.of() : path(found));
    }

    private interface Visitor {
        void visit(long then, @Nullable String stepFault);
    }

    private void each(long state, Visitor visitor) {
        int[] nodes = nodes(state);
        long counts = state & COUNTS_MASK;
        for (int i = 0; i < nodes.length; i++) {
            int before = nodes[i];
            for (int around : arounds(nodes, i, counts)) {
                for (Next next : next(before, around)) {
                    nodes[i] = next.id;
                    visitor.visit(after(next, nodes, counts), fault(next.move, next.id, nodes));
                    nodes[i] = before;
                }
            }
        }
        for (int[] then : fromOutside(nodes, mayForfeit(counts))) {
            visitor.visit(state(then, counts), null);
        }
        if (world.lowers() && !isLowered(counts)) {
            visitor.visit(state(nodes, lowered(nodes, counts)), null);
        }
    }

    /// The state after a move, which is among `nodes` already.
    private long after(Next next, int[] nodes, long counts) {
        long left = counts + next.counts;
        if (isExcess(left) && held(nodes) <= world.lowered()) {
            left ^= 1L << EXCESS_SHIFT;
        }
        return state(next.move.forfeits() > 0 && !mayForfeit(left)
                ? Arrays.stream(nodes).map(this::withoutForfeits).toArray()
                : nodes, left);
    }

    private long lowered(int[] nodes, long counts) {
        long excess = held(nodes) > world.lowered() ? 1L << EXCESS_SHIFT : 0;
        return counts | 1L << LOWERED_SHIFT | excess;
    }

    private int held(int[] nodes) {
        int held = 0;
        for (int id : nodes) {
            held += seen.get(id).node.held();
        }
        return held;
    }

    /// What may happen to all at once: PostgreSQL starts again, or the clocks tick.
    private List<int[]> fromOutside(int[] nodes, boolean mayForfeit) {
        var all = new ArrayList<int[]>();
        all.add(Arrays.stream(nodes).map(id -> withoutNetwork(id, mayForfeit)).toArray());
        if (world.time()) {
            all.add(new int[nodes.length]);
            for (int i = 0; i < nodes.length; i++) {
                for (int from = all.size() - 1; from > 0; from--) {
                    int[] half = all.get(from);
                    int[] ticks = ticks(nodes[i], mayForfeit);
                    half[i] = ticks[0];
                    for (int other = 1; other < ticks.length; other++) {
                        int[] then = half.clone();
                        then[i] = ticks[other];
                        all.add(then);
                    }
                }
            }
        }
        return all;
    }

    /// Who has heard anything since the amount was lowered admits nothing beyond it, whatever the others have heard.
    private @Nullable String fault(Move move, int admitting, int[] after) {
        if (move.fault() != null || !move.admits() || !seen.get(admitting).node.heardLowered) {
            return move.fault();
        }
        int truth = 0;
        for (int id : after) {
            truth += seen.get(id).node.truth();
        }
        return truth > world.lowered()
                ? "a call was admitted beyond the lowered amount, by a node that has heard an answer since"
                : null;
    }

    private static boolean isExcess(long counts) {
        return counts >>> EXCESS_SHIFT != 0;
    }

    private static boolean isLowered(long counts) {
        return (counts >>> LOWERED_SHIFT & 1) != 0;
    }

    /// What may be around one node. Where there is only one, others may hold anything.
    private int[] arounds(int[] nodes, int one, long counts) {
        int held = 0;
        for (int i = 0; i < nodes.length; i++) {
            held += i == one ? 0 : seen.get(nodes[i]).node.held();
        }
        int around = held << 3 | ((counts >>> CRASHES_SHIFT & 3) > 0 ? 4 : 0) | (mayForfeit(counts) ? 2 : 0)
                | (isLowered(counts) ? 1 : 0);
        return nodes.length > 1
                ? new int[]{around}
                : IntStream.rangeClosed(0, world.cap()).map(elsewhere -> elsewhere << 3 | around).toArray();
    }

    private static boolean mayForfeit(long counts) {
        return (counts >>> FORFEITS_SHIFT & 3) > 0;
    }

    private Next[] next(int id, int around) {
        Seen of = seen.get(id);
        Next[] known = of.next.get(around);
        if (known == null) {
            var outside = new Around(around >> 3, (around & 4) != 0, (around & 2) != 0, (around & 1) != 0);
            known = model.moves(of.node, outside)
                    .stream()
                    .map(move -> new Next(move, idOf(move.then(), outside.mayForfeit()),
                            ((long) move.given() << GIVEN_SHIFT)
                                    - ((long) move.crashes() << CRASHES_SHIFT)
                                    - ((long) move.forfeits() << FORFEITS_SHIFT)))
                    .toArray(Next[]::new);
            of.next.put(around, known);
        }
        return known;
    }

    private int[] ticks(int id, boolean mayForfeit) {
        Seen of = seen.get(id);
        int kind = mayForfeit ? 0 : 1;
        if (of.ticks[kind] == null) {
            of.ticks[kind] = model.ticks(of.node)
                    .stream()
                    .mapToInt(node -> idOf(node, mayForfeit))
                    .distinct()
                    .toArray();
        }
        return of.ticks[kind];
    }

    private int withoutNetwork(int id, boolean mayForfeit) {
        Seen of = seen.get(id);
        int kind = mayForfeit ? 0 : 1;
        if (of.withoutNetwork[kind] < 0) {
            of.withoutNetwork[kind] = idOf(model.withoutNetwork(of.node), mayForfeit);
        }
        return of.withoutNetwork[kind];
    }

    private int withoutForfeits(int id) {
        return idOf(seen.get(id).node, false);
    }

    private int idOf(LeaseNode any, boolean mayForfeit) {
        return idOf(mayForfeit ? any : model.withoutForfeits(any));
    }

    private int idOf(LeaseNode node) {
        Integer known = ids.get(node);
        if (known != null) {
            return known;
        }
        int id = seen.size();
        if (id > NODE_MASK) {
            throw new IllegalStateException("more different nodes than " + NODE_MASK + ": make the world smaller");
        }
        ids.put(node, id);
        seen.add(new Seen(node, model.fault(node)));
        return id;
    }

    private int[] nodes(long state) {
        var nodes = new int[world.nodes()];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = (int) (state >>> i * NODE_BITS & NODE_MASK);
        }
        return nodes;
    }

    /// The least number first, so that it does not matter which node is which.
    private static long state(int[] nodes, long counts) {
        if (nodes.length == 1) {
            return nodes[0] | counts;
        }
        int least = Math.min(nodes[0], nodes[1]);
        int most = Math.max(nodes[0], nodes[1]);
        if (nodes.length == 2) {
            return least | (long) most << NODE_BITS | counts;
        }
        int middle = Math.max(least, Math.min(most, nodes[2]));
        return Math.min(least, nodes[2]) | (long) middle << NODE_BITS
                | (long) Math.max(most, nodes[2]) << 2 * NODE_BITS | counts;
    }

    private void visit(long state, int parent, @Nullable String stepFault) {
        steps++;
        if (fault != null) {
            return;
        }
        if (stepFault != null) {
            fault = new Fault(parent, state, stepFault);
            return;
        }
        int slot = slotOf(state);
        if (table[slot] != 0) {
            return;
        }
        add(slot, state, parent);
        String wrong = fault(state);
        if (wrong != null) {
            fault = new Fault(parent, state, wrong);
        }
    }

    private int slotOf(long state) {
        long mixed = state * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 32) & table.length - 1;
        while (table[slot] != 0 && states[table[slot] - 1] != state) {
            slot = slot + 1 & table.length - 1;
        }
        return slot;
    }

    private void add(int slot, long state, int parent) {
        if (size == STATES_MAX) {
            throw new IllegalStateException("more states than " + STATES_MAX + ": make the world smaller");
        }
        if (size == states.length) {
            states = Arrays.copyOf(states, size * 2);
            parents = Arrays.copyOf(parents, size * 2);
        }
        states[size] = state;
        parents[size] = parent;
        table[slot] = ++size;
        if (size * 2L > table.length) {
            table = new int[table.length * 2];
            for (int i = 0; i < size; i++) {
                table[slotOf(states[i])] = i + 1;
            }
        }
    }

    private @Nullable String fault(long state) {
        int amount = isLowered(state) && !isExcess(state) ? world.lowered() : world.cap();
        long allowed = amount + (state >>> GIVEN_SHIFT & 15);
        int truth = 0;
        int held = 0;
        for (int id : nodes(state)) {
            Seen of = seen.get(id);
            if (of.fault != null) {
                return of.fault;
            }
            truth += of.node.truth();
            held += of.node.held();
        }
        if (truth > allowed) {
            return "calls have used and set aside " + truth + ", and the cap is " + amount;
        }
        return held > allowed ? "PostgreSQL has lent and lost " + held + ", and the cap is " + amount : null;
    }

    /// The steps from the first state, told of nodes that keep their names.
    private List<String> path(Fault found) {
        var towards = new ArrayList<Long>();
        towards.add(found.state);
        for (int at = found.parent; at > 0; at = parents[at]) {
            towards.addFirst(states[at]);
        }
        var path = new ArrayList<String>();
        int[] now = nodes(states[0]);
        long counts = states[0] & COUNTS_MASK;
        for (long target : towards) {
            now = stepTo(target, now, counts, path);
            counts = target & COUNTS_MASK;
        }
        return path;
    }

    private int[] stepTo(long target, int[] now, long counts, List<String> path) {
        for (int i = 0; i < now.length; i++) {
            for (int around : arounds(now, i, counts)) {
                for (Next next : next(now[i], around)) {
                    int[] then = now.clone();
                    then[i] = next.id;
                    if (after(next, then, counts) == target) {
                        path.add("ABC".charAt(i) + " " + next.move.what());
                        return mayForfeit(target) ? then : Arrays.stream(then).map(this::withoutForfeits).toArray();
                    }
                }
            }
        }
        int outside = 0;
        for (int[] then : fromOutside(now, mayForfeit(counts))) {
            if (state(then, counts) == target) {
                path.add(outside == 0 ? "PostgreSQL starts again" : "the clocks tick");
                return then;
            }
            outside++;
        }
        path.add("the amount is lowered");
        return now;
    }
}
