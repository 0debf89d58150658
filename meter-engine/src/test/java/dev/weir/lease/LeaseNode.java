package dev.weir.lease;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One node as the model sees it: what is true of it, what it believes, what PostgreSQL has on it, and what is under way between
/// the two. Changed only between [#copy] and [#tidy].
final class LeaseNode {
    /// Steps of a start, in their order, and the two ends.
    enum Phase {
        DOWN, FENCING, READING, TAKING_OVER, UP, ENDED
    }

    /// One exchange under way. It stays under way until it is lost, so it may be carried out twice and after later ones.
    ///
    /// @param fenceOnly the first of a start, about no counter
    /// @param back what is given back: looked at only where messages tell differences
    /// @param low whether it names the lowered amount
    record Message(int epoch, int number, boolean fenceOnly, int keep, int back, int need, int wish, int used,
            int lost, boolean low) {
        /// All that the node must remember to know its answer.
        Message onlyNumber() {
            return new Message(epoch, number, fenceOnly, 0, 0, 0, 0, 0, 0, false);
        }

        Message withNumber(int other) {
            return new Message(epoch, other, fenceOnly, keep, back, need, wish, used, lost, low);
        }

        Message withoutUsed() {
            return new Message(epoch, number, fenceOnly, keep, back, need, wish, 0, lost, low);
        }

        @Override
        public String toString() {
            String id = "message " + epoch + "/" + number;
            return fenceOnly
                    ? id + " (fence)"
                    : id + " (keep " + keep + ", need " + need + ", wish " + wish + (used > 0 ? ", used " + used : "")
                            + (lost > 0 ? ", lost " + lost : "") + (low ? ", lowered amount" : "") + ")";
        }
    }

    /// @param lowered whether the amount was lowered when it was given
    record Answer(int epoch, int number, boolean fenced, int lent, int lost, int elsewhere, boolean lowered) {
        Answer withNumber(int other) {
            return new Answer(epoch, other, fenced, lent, lost, elsewhere, lowered);
        }

        @Override
        public String toString() {
            return "answer " + epoch + "/" + number + (fenced
                    ? " (fenced)"
                    : " (lent " + lent + (lost > 0 ? ", lost " + lost : "")
                            + (elsewhere > 0 ? ", elsewhere " + elsewhere : "")
                            + (lowered ? ", after the lowering" : "") + ")");
        }
    }

    /// Own ticks since a moment and ticks that the clock has lost since: `2 * own + lost`, or this.
    static final int EXPIRED = -1;
    static final int FRESH = 0;

    /// Whether its leases expire, and may then be forfeited. One that never expires may do all that one may that does.
    final boolean timed;

    // What is true: units that calls have used and of which there are records, that running calls have set aside, and that
    // calls have used whose records a power cut took.
    int settled;
    int reserved;
    int gone;

    // What the node's process knows.
    Phase phase = Phase.UP;
    int epoch = 1;
    int number;
    int lent;
    int lost;
    int elsewhere;
    @Nullable
    Message awaited;
    int leaseAge;
    int sentAge;
    boolean knowsLowered;
    boolean heardLowered;

    // What PostgreSQL has: the holder's row, the counter's row, and the latest epoch with an open-ended gap.
    int holderEpoch = 1;
    int holderNumber;
    int silence;
    int givenUp;
    int rowLent;
    int rowLost;
    int rowUsed;
    int rowEpoch = 1;
    int gapEpoch;

    // What is under way.
    List<Message> messages = new ArrayList<>();
    List<Answer> answers = new ArrayList<>();

    LeaseNode(boolean timed) {
        this.timed = timed;
    }

    LeaseNode copy() {
        var copy = new LeaseNode(timed);
        copy.settled = settled;
        copy.reserved = reserved;
        copy.gone = gone;
        copy.phase = phase;
        copy.epoch = epoch;
        copy.number = number;
        copy.lent = lent;
        copy.lost = lost;
        copy.elsewhere = elsewhere;
        copy.awaited = awaited;
        copy.leaseAge = leaseAge;
        copy.sentAge = sentAge;
        copy.knowsLowered = knowsLowered;
        copy.heardLowered = heardLowered;
        copy.holderEpoch = holderEpoch;
        copy.holderNumber = holderNumber;
        copy.silence = silence;
        copy.givenUp = givenUp;
        copy.rowLent = rowLent;
        copy.rowLost = rowLost;
        copy.rowUsed = rowUsed;
        copy.rowEpoch = rowEpoch;
        copy.gapEpoch = gapEpoch;
        copy.messages = new ArrayList<>(messages);
        copy.answers = new ArrayList<>(answers);
        return copy;
    }

    private List<Object> all() {
        var all = new ArrayList<>();
        for (int part : new int[]{timed ? 1 : 0, settled, reserved, gone, phase.ordinal(), epoch, number, lent, lost,
            elsewhere,
            leaseAge, sentAge, knowsLowered ? 1 : 0, heardLowered ? 1 : 0, holderEpoch, holderNumber, silence,
            givenUp, rowLent, rowLost, rowUsed, rowEpoch, gapEpoch}) {
            all.add(part);
        }
        all.add(Objects.requireNonNullElse(awaited, "nothing"));
        all.add(messages);
        all.add(answers);
        return all;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LeaseNode node && all().equals(node.all());
    }

    @Override
    public int hashCode() {
        return all().hashCode();
    }

    /// What calls have used and set aside.
    int spent() {
        return settled + reserved;
    }

    /// What calls have used and set aside, whether or not there are records of it.
    int truth() {
        return settled + reserved + gone;
    }

    /// What nobody else may have, as PostgreSQL has it.
    int held() {
        return rowLent + rowLost;
    }

    int idle() {
        return Math.max(0, lent - spent());
    }

    boolean isAlive() {
        return phase != Phase.DOWN;
    }

    /// Makes two nodes equal that can do the same from now on: only the order of numbers matters, and the order of what is under
    /// way does not.
    LeaseNode tidy() {
        if (!isAlive()) {
            number = 0;
            lent = 0;
            lost = 0;
            elsewhere = 0;
            awaited = null;
            leaseAge = EXPIRED;
            knowsLowered = false;
            heardLowered = false;
        }
        if (awaited == null) {
            sentAge = EXPIRED;
        }
        for (int each = 1; each <= Math.max(epoch, holderEpoch); each++) {
            renumber(each);
        }
        messages = new ArrayList<>(messages.stream()
                .distinct()
                .sorted(Comparator.comparing(Message::toString)
                        .thenComparing(Message::back))
                .toList());
        answers = new ArrayList<>(answers.stream().distinct().sorted(Comparator.comparing(Answer::toString)).toList());
        return this;
    }

    private void renumber(int of) {
        var numbers = new TreeSet<Integer>();
        messages.stream().filter(message -> message.epoch == of).forEach(message -> numbers.add(message.number));
        answers.stream().filter(answer -> answer.epoch == of).forEach(answer -> numbers.add(answer.number));
        if (epoch == of && isAlive()) {
            numbers.add(number);
        }
        if (holderEpoch == of) {
            numbers.add(holderNumber);
        }
        List<Integer> order = List.copyOf(numbers);
        messages.replaceAll(
                message -> message.epoch == of ? message.withNumber(order.indexOf(message.number)) : message);
        answers.replaceAll(answer -> answer.epoch == of ? answer.withNumber(order.indexOf(answer.number)) : answer);
        if (awaited != null && epoch == of) {
            awaited = awaited.withNumber(order.indexOf(awaited.number));
        }
        if (epoch == of && isAlive()) {
            number = order.indexOf(number);
        }
        if (holderEpoch == of) {
            holderNumber = order.indexOf(holderNumber);
        }
    }
}
