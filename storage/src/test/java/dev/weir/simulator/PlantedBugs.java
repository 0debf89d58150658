package dev.weir.simulator;

import java.util.List;

/// The bugs that the simulator has to find: those of its specification that belong to these parts, and those it has found.
final class PlantedBugs {
    private static final String SPOOL = "spool/Spool.java";
    private static final String APPENDER = "spool/Appender.java";
    private static final String SEGMENT = "spool/Segment.java";
    private static final String DATABASE = "simulator/ModelDatabase.java";
    private static final String LEASES = "lease/MemoryAllocator.java";
    private static final long SHARED = Simulation.SHARED_FROM;
    private static final String CALL = "simulator/Call.java";

    static final List<PlantedBug> ALL = List.of(
            PlantedBug.of(1, "a record is acknowledged before it is written", APPENDER,
                    "            segment.append(frame.frame, 0, bytes, record, seq);\n",
                    "            if (record % 50 != 0) { segment.append(frame.frame, 0, bytes, record, seq); }\n"),
            PlantedBug.of(3, "a record is in a heap buffer until the next sync", SEGMENT,
                    "    private Disk.@Nullable Mapped mapped;\n",
                    "    private Disk.@Nullable Mapped mapped;\n"
                            + "    private final java.util.ArrayList<Runnable> heap = new java.util.ArrayList<>();\n")
                    .and("        mapping().put(published, buffer, at, bytes);\n",
                            "        byte[] copy = java.util.Arrays.copyOfRange(buffer, at, at + bytes);\n"
                                    + "        long place = published;\n"
                                    + "        heap.add(() -> mapping().put(place, copy, 0, copy.length));\n")
                    .and("        var memory = mapping();\n        long from = synced;\n",
                            "        heap.forEach(Runnable::run);\n        heap.clear();\n"
                                    + "        var memory = mapping();\n        long from = synced;\n"),
            PlantedBug.of(2, "a sealed segment is not synced", "spool/Sealer.java", "            sink.sync();\n", ""),
            PlantedBug.of(357, "the folder is not synced after a segment was made", SEGMENT,
                    "        segment.fileBytes = bytes;\n        disk.syncFolder();\n",
                    "        segment.fileBytes = bytes;\n"),
            PlantedBug.of(17, "the folder is not synced before the raw file goes", "spool/Sealer.java",
                    "        disk.syncFolder();\n", ""),
            PlantedBug.of(2, "a failed sync is tried again on the same file", APPENDER,
                    "            if (!forceAll() && failures == 1 && writeAgain()) {\n",
                    "            if (!forceAll()) {\n"),
            PlantedBug.of(5, "a segment goes before its events are stored", "spool/Retention.java",
                    "                && segments.isStored(segment)\n", ""),
            PlantedBug.of(1, "the watermark moves outside the transaction", DATABASE,
                    "                ask(alive, () -> commit(batch), true);\n",
                    "                tables.watermarks.merge(batch.node() + \"-\" + batch.epoch(), batch.lastSeq(), Math::max);\n"
                            + "                ask(alive, () -> commit(batch), true);\n"),
            PlantedBug.of(8, "totals count rows that were there already", DATABASE,
                    "                repeated = true;\n",
                    "                repeated = true;\n                deltas.add(kept.event(), receivedAt);\n"),
            PlantedBug.of(1, "counters are added to when they are seeded again", "ledger/Shard.java",
                    "            tally.settled = Math.max(0, settled);\n",
                    "            tally.settled += Math.max(0, settled);\n"),
            PlantedBug.of(4, "what was reserved is released before what was used is settled", CALL,
                    "        life.admissions.settle(yes, used, cost);\n",
                    "        life.admissions.release(admittedNow());\n"
                            + "        var late = new dev.weir.admission.PastUsage(caller.tenant().id(), caller.key(), user,"
                            + " \"openai\", Customers.MODEL.model(), null, attribution.tags(), time, used, cost);\n"
                            + "        life.task(World.SECOND, () -> life.admissions.charge(simulation.customers().directory(),"
                            + " late, life.node.clock.now()));\n"),
            PlantedBug.of(1, "an attempt is settled twice", CALL, "        attempt = null;\n",
                    "        attempt = null;\n        life.spool.refuse(event);\n"),
            PlantedBug.of(2, "nothing is released when a client leaves", CALL,
                    "        life.admissions.settle(yes, used, cost);\n",
                    "        if (outcome != Outcome.CLIENT_GONE) { life.admissions.settle(yes, used, cost); }\n"),
            PlantedBug.of(1, "two limits are asked one after the other", "ledger/Shard.java",
                    "                    return exceeded(limit, claims.values[i], tallies[i], least);\n",
                    "                    for (int j = 0; j < i; j++) { tallies[j].reserved += 1; }\n"
                            + "                    return exceeded(limit, claims.values[i], tallies[i], least);\n"),
            PlantedBug.of(116, "a folder numbers its starts itself", SPOOL, "        return given;\n",
                    "        return last + 1;\n"),
            PlantedBug.of(3, "a window holds its own end", "ledger/Tally.java",
                    "epochSecond < endSecond;", "epochSecond <= endSecond;"),
            PlantedBug.of(2, "a retry is not counted against its caps", CALL,
                    "        life.admissions.settle(yes, used, cost);\n",
                    "        if (current.number == 1) { life.admissions.settle(yes, used, cost); }\n"
                            + "        else { life.admissions.release(admittedNow()); }\n"),
            PlantedBug.of(3, "the checksum covers the header only", "spool/RecordLayout.java",
                    "        return (int) crc.getValue() == getInt(buffer, at + PAYLOAD_CRC_AT);\n",
                    "        return true;\n"),
            PlantedBug.of(8, "a closed segment is left before its end is synced", "spool/SpoolReader.java",
                    "isEnded(current);", "current.closed;"),
            PlantedBug.of(3, "what a power cut could still take is shipped", "spool/SpoolReader.java",
                    "cursor.next(current.synced)", "cursor.next(current.published)"),
            PlantedBug.of(2, "a settlement that could not be kept is forgotten", SPOOL,
                    "            owed.put(name, new Owed(attempt, event));\n", ""),
            PlantedBug.of(1367, "an opening record goes before its settlement is synced", "spool/Retention.java",
                    "segment.lastRecord < neededFrom", "segment.lastRecord < oldestOpenRecord.getAsLong()"),
            PlantedBug.of(9, "an older copy of a folder recovers attempts that are stored", "spool/Recovery.java",
                    "Math.max(0, lastSeq(node, former))", "Long.MAX_VALUE"),
            PlantedBug.of(33, "a damaged log recovers attempts that are stored", SPOOL,
                    "found.isDamaged() || isOlderCopy));", "isOlderCopy));"),
            PlantedBug.of(15, "a recovered attempt is recovered again", "spool/OpenAttempts.java",
                    "case SETTLE, RECOVERED, TAKEN_BACK -> open.remove(probe);",
                    "case SETTLE, TAKEN_BACK -> open.remove(probe);\n            case RECOVERED -> { }"),
            PlantedBug.of(2, "an interrupted attempt is charged what had passed instead of what was reserved",
                    "spool/OpenAttempts.java", "return reserved.isEmpty() ? seen : ", "return true ? seen : "),
            PlantedBug.of(313, "what a killed process wrote is shipped before it is synced", "spool/Recovery.java",
                    "            disk.sync(segment.rawName());\n",
                    "            if (segment.index < 0) { disk.sync(segment.rawName()); }\n"),
            PlantedBug.of(22, "a database that was restored is filled over a hole", DATABASE,
                    "        if (watermark < batch.after()) {\n", "        if (watermark < 0) {\n"),
            PlantedBug.of(SHARED, "what other nodes hold is lent again", "lease/LendingRule.java",
                    "minus(minus(minus(amount, elsewhere), lost), keep)", "minus(minus(amount, lost), keep)"),
            PlantedBug.of(SHARED, "a late exchange is carried out after a newer one", LEASES,
                    "exchange.number() <= holder.number", "exchange.number() < 0"),
            PlantedBug.of(SHARED + 4, "a node gives back what it goes on spending until it hears", "ledger/Leased.java",
                    "            tally.lent = Math.min(tally.lent, Ledger.plus(spent, idleMost));\n",
                    "            if (idleMost < Long.MAX_VALUE) { return OptionalLong.of(Math.max(spent,"
                            + " Math.min(tally.lent, Ledger.plus(spent, idleMost)))); }\n"),
            PlantedBug.of(SHARED, "a node spends from the limit and not from its lease", "ledger/Tally.java",
                    "        return Math.min(lent - settled - reserved, left(limit)) - allotted;\n",
                    "        return left(limit) - allotted;\n"),
            PlantedBug.of(SHARED, "what a part was given is given again", "ledger/Tally.java",
                    "        allotted += amount;\n", ""),
            PlantedBug.of(16250, "a settlement that comes after its attempt was charged is charged too", DATABASE,
                    "            if (epoch < epochs.getOrDefault(node, 0L)) {\n",
                    "            if (epoch < 0) {\n"),
            PlantedBug.of(67843, "a start does not say what it charges, and a batch of before comes late", DATABASE,
                    "        charged.forEach(attempt -> tables.charged.put(Truth.Name.of(attempt), by));\n", ""));

    private PlantedBugs() {}
}
