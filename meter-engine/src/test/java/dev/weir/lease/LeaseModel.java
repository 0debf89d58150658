package dev.weir.lease;

import dev.weir.lease.LeaseNode.Answer;
import dev.weir.lease.LeaseNode.Message;
import dev.weir.lease.LeaseNode.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The lease protocol of `docs/leases.md` for one counter: what one node, its messages and its rows may do next, with what all
/// other nodes hold given. What lends is the production's [LendingRule].
///
/// Expiry is told in ticks of the allocator's clock. In the time after which leases may be forfeited, a node's clock counts each
/// tick or loses one, and it may run ahead at any time; so the node ends its leases that much earlier.
final class LeaseModel {
    private final LeaseWorld world;
    private final LeaseMistake mistake;

    /// Something that may happen to one node.
    ///
    /// @param crashes how many crashes it takes, 0 or 1; so for forfeits
    /// @param given units that calls have used or set aside and that were nevertheless given to others, by an operator
    /// @param admits whether a call is admitted
    /// @param fault what must not be, if this may happen
    record Move(String what, LeaseNode then, int crashes, int forfeits, int given, boolean admits,
            @Nullable String fault) {}

    /// What may happen to one node, and from outside.
    ///
    /// @param elsewhere what all other nodes hold
    /// @param mayCrash whether there may be another crash; so for forfeits
    /// @param lowered whether the amount was lowered already
    record Around(int elsewhere, boolean mayCrash, boolean mayForfeit, boolean lowered) {}

    LeaseModel(LeaseWorld world, LeaseMistake mistake) {
        this.world = world;
        this.mistake = mistake;
    }

    /// A node that has just spoken and was lent nothing.
    LeaseNode first(boolean timed) {
        return tidy(new LeaseNode(timed));
    }

    private boolean makes(LeaseMistake one) {
        return mistake == one;
    }

    /// All that may happen next to a node and to what it has under way.
    List<Move> moves(LeaseNode node, Around around) {
        var moves = new Moves(node);
        calls(moves, node);
        talk(moves, node);
        network(moves, node, around);
        if (around.mayCrash && node.isAlive() && node.epoch < world.starts()) {
            crashes(moves, node);
        }
        if (node.phase == Phase.DOWN && node.epoch < world.starts()) {
            moves.add("starts again", this::start);
        }
        if (around.lowered && node.isAlive() && !node.knowsLowered) {
            moves.add("learns of the lowered amount", then -> then.knowsLowered = true);
        }
        if (node.timed && node.isAlive() && node.leaseAge != LeaseNode.EXPIRED) {
            moves.add("sees its leases expire early, by a clock that runs ahead", then -> {
                then.leaseAge = LeaseNode.EXPIRED;
                then.sentAge = LeaseNode.EXPIRED;
            });
        }
        if (around.mayForfeit && node.timed
                && (node.silence >= LeaseWorld.EXPIRE_TICKS || makes(LeaseMistake.FORFEITED_BEFORE_EXPIRY))) {
            forfeit(moves, node);
        }
        return moves.all;
    }

    private interface Change {
        void to(LeaseNode then);
    }

    /// Collects moves of one node.
    private final class Moves {
        final LeaseNode from;
        final List<Move> all = new ArrayList<>();

        Moves(LeaseNode from) {
            this.from = from;
        }

        LeaseNode changed(Change change) {
            LeaseNode then = from.copy();
            change.to(then);
            return tidy(then);
        }

        void add(String what, Change change) {
            all.add(new Move(what, changed(change), 0, 0, 0, false, null));
        }
    }

    private void calls(Moves moves, LeaseNode node) {
        boolean valid = node.leaseAge != LeaseNode.EXPIRED || makes(LeaseMistake.SPENT_AFTER_EXPIRY);
        if (node.phase == Phase.UP && valid && room(node) > 0) {
            moves.all.add(
                    new Move("admits a call, which reserves 1", moves.changed(then -> then.reserved++), 0, 0, 0, true,
                            null));
        }
        if (node.isAlive() && node.reserved > 0) {
            moves.add("settles a call, which used 1", then -> {
                then.reserved--;
                then.settled++;
            });
            moves.add("settles a call, which used nothing", then -> then.reserved--);
        }
    }

    /// As `Shard.room`. What others hold is looked at only where amounts change: it can but forbid more.
    private int room(LeaseNode node) {
        int room = node.lent - node.spent();
        if (!world.lowers() || makes(LeaseMistake.LOWERED_AMOUNT_IGNORED_BY_THE_NODE)) {
            return room;
        }
        return Math.min(room, amount(node.knowsLowered) - node.spent() - node.lost - node.elsewhere);
    }

    private int amount(boolean low) {
        return low ? world.lowered() : world.cap();
    }

    private void talk(Moves moves, LeaseNode node) {
        if (node.phase == Phase.READING) {
            moves.add("reads what it holds and says what it takes over", then -> {
                if (!makes(LeaseMistake.READ_BEFORE_THE_FENCE)) {
                    takeOver(then);
                }
                then.phase = Phase.TAKING_OVER;
                send(then, then.idle(), 0, 0);
            });
        }
        if (node.awaited != null) {
            moves.add("waits no longer for an answer", this::giveUpWaiting);
        } else if (node.messages.size() < world.inFlight()) {
            if (node.phase == Phase.FENCING) {
                moves.add("fences its former start", then -> {
                    then.number++;
                    then.sentAge = LeaseNode.FRESH;
                    then.awaited = new Message(then.epoch, then.number, true, 0, 0, 0, 0, 0, 0, then.knowsLowered);
                    then.messages.add(then.awaited);
                });
            } else if (node.phase == Phase.UP) {
                moves.add("asks for 1", then -> send(then, then.idle(), 1, 1));
                if (world.cap() > 1) {
                    moves.add("asks for 1, or better " + world.cap(),
                            then -> send(then, then.idle(), 1, world.cap()));
                }
                moves.add("gives back what is idle", then -> send(then, 0, 0, 0));
                if (node.idle() > 0 && (node.timed || world.lowers())) {
                    moves.add("says what it has", then -> send(then, then.idle(), 0, 0));
                }
            }
        }
    }

    private void send(LeaseNode then, int idleMost, int need, int wish) {
        int keep = then.spent() + Math.min(idleMost, then.idle());
        int back = Math.max(0, then.lent - keep);
        if (!makes(LeaseMistake.LOWERED_AFTER_THE_ANSWER)) {
            then.lent = keep;
        }
        then.number++;
        then.sentAge = LeaseNode.FRESH;
        then.awaited = new Message(then.epoch, then.number, false, keep, makes(LeaseMistake.DIFFERENCES) ? back : 0,
                need, wish, then.settled, then.lost, then.knowsLowered);
        then.messages.add(then.awaited);
    }

    private void giveUpWaiting(LeaseNode then) {
        if (makes(LeaseMistake.UNKNOWN_COUNTS_AS_GRANTED) && then.awaited != null && !then.awaited.fenceOnly()) {
            then.lent = then.awaited.keep() + then.awaited.wish();
        }
        then.awaited = null;
        if (then.phase == Phase.TAKING_OVER) {
            then.phase = Phase.FENCING;
        }
    }

    private void network(Moves moves, LeaseNode node, Around around) {
        for (Message message : node.messages) {
            LeaseNode then = node.copy();
            String fault = carryOut(then, message, around.elsewhere, around.lowered);
            moves.all.add(new Move("is heard by PostgreSQL: " + message, tidy(then), 0, 0, 0, false, fault));
            moves.add("loses on its way: " + message, after -> after.messages.remove(message));
        }
        for (Answer answer : node.answers) {
            moves.add("hears " + answer, then -> hear(then, answer));
            moves.add("loses on its way: " + answer, after -> after.answers.remove(answer));
        }
    }

    /// One exchange, in one transaction.
    ///
    /// @return what must not be, if anything
    private @Nullable String carryOut(LeaseNode then, Message message, int elsewhere, boolean lowered) {
        boolean older = message.epoch() < then.holderEpoch && !makes(LeaseMistake.NO_FENCE_BY_EPOCH);
        if (older || message.epoch() <= then.givenUp && !makes(LeaseMistake.FORFEITED_WITHOUT_A_FENCE)) {
            then.answers.add(new Answer(message.epoch(), message.number(), true, 0, 0, 0, false));
            return message.epoch() == then.epoch && message.epoch() > then.givenUp
                    ? "the last start was fenced, and there is no later one and no operator who did it"
                    : null;
        }
        int before = then.rowLent;
        String fault = null;
        boolean echo = message.epoch() == then.holderEpoch && message.number() <= then.holderNumber
                && !makes(LeaseMistake.NO_LOOK_AT_THE_NUMBER);
        if (!echo) {
            then.holderEpoch = message.epoch();
            then.holderNumber = message.number();
            then.silence = 0;
            if (!message.fenceOnly()) {
                fault = write(then, message, elsewhere, lowered);
            }
        }
        int added = echo ? 0 : then.rowLent - before + message.back();
        int lent = makes(LeaseMistake.DIFFERENCES) ? added : then.rowLent;
        then.answers.add(new Answer(message.epoch(), message.number(), false, lent, then.rowLost,
                world.lowers() ? told(message, elsewhere, lowered) : 0, lowered));
        return fault;
    }

    private int told(Message message, int elsewhere, boolean lowered) {
        int named = amount(message.low());
        return makes(LeaseMistake.LOWERED_AMOUNT_NOT_TOLD)
                ? elsewhere
                : (int) LendingRule.toldElsewhere(elsewhere, named, LendingRule.amount(named, amount(lowered)));
    }

    private @Nullable String write(LeaseNode then, Message message, int elsewhere, boolean lowered) {
        int stored = amount(lowered && !makes(LeaseMistake.LOWERED_AMOUNT_IGNORED_BY_THE_GRANT));
        int keep = makes(LeaseMistake.DIFFERENCES) ? then.rowLent - message.back() : message.keep();
        then.rowLent = (int) LendingRule.lent(LendingRule.amount(amount(message.low()), stored), elsewhere, keep,
                message.lost(), message.need(), message.wish(), world.nodes());
        then.rowLost = message.lost();
        then.rowUsed = message.used();
        then.rowEpoch = message.epoch();
        return then.rowLent > keep && then.held() + elsewhere > amount(lowered)
                ? "more was lent than the amount in force"
                : null;
    }

    private void hear(LeaseNode then, Answer answer) {
        Message asked = then.awaited;
        if (asked == null || asked.number() != answer.number() || asked.epoch() != answer.epoch()) {
            if (makes(LeaseMistake.OLD_ANSWER_APPLIED) && !answer.fenced() && then.phase == Phase.UP) {
                then.lent = answer.lent();
            }
            return;
        }
        then.awaited = null;
        if (answer.fenced()) {
            then.phase = Phase.ENDED;
            return;
        }
        then.leaseAge = makes(LeaseMistake.EXPIRY_COUNTED_FROM_THE_ANSWER) ? LeaseNode.FRESH : then.sentAge;
        if (then.phase == Phase.FENCING) {
            then.phase = Phase.READING;
        } else {
            then.phase = Phase.UP;
            then.lent = makes(LeaseMistake.DIFFERENCES) ? then.lent + answer.lent() : answer.lent();
            then.lost = answer.lost();
            then.elsewhere = answer.elsewhere();
            then.heardLowered = answer.lowered();
        }
    }

    /// A kill leaves all that was kept; running calls are charged as reserved. A power cut may leave less, and is noticed.
    private void crashes(Moves moves, LeaseNode node) {
        moves.all.add(new Move("is killed", moves.changed(LeaseModel::kill), 1, 0, 0, false, null));
        for (int left = node.spent(); world.powerCuts() && left >= 0; left--) {
            int onRecord = left;
            moves.all.add(new Move("loses power, and its records but for " + left + " units", moves.changed(then -> {
                kill(then);
                then.gone += then.settled - onRecord;
                then.settled = onRecord;
                then.gapEpoch = then.epoch;
            }), 1, 0, 0, false, null));
        }
    }

    private static void kill(LeaseNode then) {
        then.settled += then.reserved;
        then.reserved = 0;
        then.phase = Phase.DOWN;
    }

    private void start(LeaseNode then) {
        then.phase = Phase.FENCING;
        then.epoch++;
        then.knowsLowered = false;
        if (makes(LeaseMistake.READ_BEFORE_THE_FENCE)) {
            takeOver(then);
        }
    }

    /// As `Leases.takeOver`: of what was lent, what the records do not account for is lost, unless all of them are there.
    private void takeOver(LeaseNode then) {
        boolean whole = then.gapEpoch < then.rowEpoch || makes(LeaseMistake.IDLE_TAKEN_OVER_AFTER_A_POWER_CUT);
        then.lent = whole ? Math.max(then.rowLent, then.settled) : then.settled;
        then.lost = makes(LeaseMistake.LOST_IS_FORGOTTEN)
                ? 0
                : then.rowLost + (whole ? 0 : Math.max(0, then.rowLent - then.settled));
    }

    private void forfeit(Moves moves, LeaseNode node) {
        int given = Math.max(0, node.truth() - node.rowUsed);
        moves.all.add(new Move("is given up by an operator, who sets free what it has not said it used",
                moves.changed(then -> {
                    then.rowLent = then.rowUsed;
                    then.rowLost = 0;
                    then.givenUp = then.holderEpoch;
                    if (makes(LeaseMistake.FORFEIT_COUNTS_ON)) {
                        then.holderEpoch++;
                        then.holderNumber = 0;
                    }
                }), 0, 1, given, false, null));
    }

    /// What a tick of the allocator's clock makes of a node: its own clock sees it, or loses it.
    List<LeaseNode> ticks(LeaseNode node) {
        var all = new ArrayList<LeaseNode>();
        for (boolean slow : new boolean[]{false, true}) {
            LeaseNode then = node.copy();
            then.silence = Math.min(LeaseWorld.EXPIRE_TICKS, then.silence + 1);
            then.leaseAge = aged(then.leaseAge, slow);
            then.sentAge = aged(then.sentAge, slow);
            tidy(then);
            if (!all.contains(then)) {
                all.add(then);
            }
        }
        return all;
    }

    private int aged(int age, boolean slow) {
        if (age == LeaseNode.EXPIRED) {
            return age;
        }
        int usable = LeaseWorld.EXPIRE_TICKS - (makes(LeaseMistake.NO_DRIFT_MARGIN) ? 0 : LeaseWorld.DRIFT_TICKS);
        int own = age / 2;
        int lost = age % 2;
        if (slow && lost < LeaseWorld.DRIFT_TICKS) {
            lost++;
        } else {
            own++;
        }
        return own >= usable ? LeaseNode.EXPIRED : 2 * own + lost;
    }

    /// PostgreSQL starts again, and a connection with it: what was not committed is gone, and so is every answer.
    LeaseNode withoutNetwork(LeaseNode node) {
        LeaseNode then = node.copy();
        then.messages.clear();
        then.answers.clear();
        return tidy(then);
    }

    /// What can make a difference where no operator takes leases away any more: neither silence nor what is said to be used.
    LeaseNode withoutForfeits(LeaseNode node) {
        LeaseNode then = node.copy();
        then.silence = 0;
        then.rowUsed = 0;
        then.messages.replaceAll(Message::withoutUsed);
        return tidy(then);
    }

    /// What is wrong with one node, whatever the others are; null where nothing is.
    @Nullable
    String fault(LeaseNode node) {
        boolean spends = node.phase == Phase.UP && node.leaseAge != LeaseNode.EXPIRED;
        if (spends && node.spent() > node.lent) {
            return "a node has settled and reserved more than its lease";
        }
        if (spends && node.idle() > 0 && node.lent > node.rowLent) {
            return "a node may spend more than PostgreSQL holds for it";
        }
        if (node.givenUp == 0 && node.truth() > node.held()) {
            return "calls of a node have used more than PostgreSQL holds for it";
        }
        return restFault(node);
    }

    /// What is wrong once nothing is under way, nothing runs, and every node is there again and has given back what is idle.
    private @Nullable String restFault(LeaseNode node) {
        LeaseNode then = withoutNetwork(node);
        if (then.phase != Phase.UP) {
            startInOrder(then);
        }
        then.reserved = 0;
        if (then.phase != Phase.UP || !says(then)) {
            startInOrder(then);
            if (then.phase != Phase.UP || !says(then)) {
                return "a new start is fenced, and there is no later one and no operator who did it";
            }
        }
        if (then.rowLent != then.settled || then.lent != then.settled) {
            return "at rest " + then.rowLent + " is lent, and the node holds itself to " + then.lent + ", but "
                    + then.settled + " is used";
        }
        if (then.gapEpoch == 0 && then.rowLost > 0) {
            return "at rest " + then.rowLost + " is lost, and all records are there";
        }
        return then.givenUp == 0 && then.gone > then.rowLost
                ? "at rest calls have used " + then.gone + " of which there are no records, and " + then.rowLost
                        + " is lost"
                : null;
    }

    private void startInOrder(LeaseNode then) {
        kill(then);
        start(then);
        then.number = 1;
        then.awaited = new Message(then.epoch, 1, true, 0, 0, 0, 0, 0, 0, then.knowsLowered);
        if (carriesOut(then)) {
            takeOver(then);
            then.phase = Phase.UP;
        }
    }

    private boolean says(LeaseNode then) {
        send(then, 0, 0, 0);
        return carriesOut(then);
    }

    private boolean carriesOut(LeaseNode then) {
        Message message = Objects.requireNonNull(then.awaited);
        carryOut(then, message, 0, false);
        hear(then, then.answers.getLast());
        then.messages.clear();
        then.answers.clear();
        return then.phase != Phase.ENDED;
    }

    /// Drops what can have no effect any more: it could be lost as well.
    private LeaseNode tidy(LeaseNode then) {
        boolean remembers = makes(LeaseMistake.UNKNOWN_COUNTS_AS_GRANTED);
        if (then.awaited != null && !remembers) {
            then.awaited = then.awaited.onlyNumber();
        }
        if (!then.isAlive() || then.phase == Phase.ENDED) {
            then.awaited = null;
            then.leaseAge = LeaseNode.EXPIRED;
        }
        then.messages.removeIf(
                message -> !isAwaited(then, message.epoch(), message.number()) && isWithoutEffect(then, message));
        then.answers.removeIf(answer -> !isAwaited(then, answer.epoch(), answer.number())
                && !(makes(LeaseMistake.OLD_ANSWER_APPLIED) && then.phase == Phase.UP && answer.epoch() == then.epoch));
        if (!then.timed) {
            then.silence = 0;
            then.rowUsed = 0;
            then.messages.replaceAll(Message::withoutUsed);
            then.sentAge = LeaseNode.FRESH;
            then.leaseAge = LeaseNode.FRESH;
        }
        return then.tidy();
    }

    private static boolean isAwaited(LeaseNode then, int epoch, int number) {
        return then.awaited != null && then.awaited.epoch() == epoch && then.awaited.number() == number;
    }

    private boolean isWithoutEffect(LeaseNode then, Message message) {
        if (message.epoch() < then.holderEpoch) {
            return !makes(LeaseMistake.NO_FENCE_BY_EPOCH);
        }
        if (message.epoch() <= then.givenUp) {
            return !makes(LeaseMistake.FORFEITED_WITHOUT_A_FENCE);
        }
        return message.epoch() == then.holderEpoch && message.number() <= then.holderNumber
                && !makes(LeaseMistake.NO_LOOK_AT_THE_NUMBER);
    }
}
