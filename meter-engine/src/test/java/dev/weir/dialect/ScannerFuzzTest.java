package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whatever an upstream sends, a scanner goes on, and says the same wherever the bytes were cut.
///
/// A failure names the seed of its input; `-Dweir.seed=` with that seed makes it the first one.
class ScannerFuzzTest {
    /// For each dialect; for each framing, which is drawn apart, some hundred thousand in all.
    private static final int INPUTS = 20_000;

    @ParameterizedTest
    @EnumSource
    void nothingThatAnUpstreamSendsStopsAScannerOrDependsOnWhereItWasCut(EveryDialect dialect) {
        long first = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + first);
        for (long seed = first; seed < first + INPUTS; seed++) {
            var random = new Random(seed);
            byte[] input = input(dialect, random);
            try {
                String whole = said(dialect, input, input.length, input.length);
                assertThat(said(dialect, input, 1, 1)).isEqualTo(whole);
                assertThat(said(dialect, input, 1 + random.nextInt(input.length + 1), 1 + random.nextInt(64)))
                        .isEqualTo(whole);
                if (dialect.dialect() instanceof OpenAiChat) {
                    String passed = passed(input, input.length, input.length);
                    assertThat(passed(input, 1 + random.nextInt(input.length + 1), 1 + random.nextInt(64)))
                            .isEqualTo(passed);
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", " + dialect + ": " + new String(input, UTF_8), e);
            }
        }
    }

    private static byte[] input(EveryDialect dialect, Random random) {
        byte[] input = switch (random.nextInt(8)) {
            case 0 -> {
                var bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                yield bytes;
            }
            case 1 -> RandomJson.value(random, 5).getBytes(UTF_8);
            case 2 -> stream(dialect, random, random.ints(random.nextInt(6), 0, 5)
                    .mapToObj(depth -> RandomJson.value(random, depth).getBytes(UTF_8))
                    .toList());
            case 3 -> one(dialect.documents(), random);
            case 4, 5 -> stream(dialect, random, random.ints(random.nextInt(6), 0, dialect.documents().size())
                    .mapToObj(dialect.documents()::get)
                    .toList());
            default -> one(dialect.answers(), random);
        };
        for (int spoilt = random.nextInt(5); spoilt > 0 && input.length > 0; spoilt--) {
            input = spoil(random, input);
        }
        return input;
    }

    private static byte[] one(List<byte[]> all, Random random) {
        return all.get(random.nextInt(all.size()));
    }

    /// The documents in one of all framings, whoever sends them so. In frames, whose checksums find every change, and in
    /// Base64, they are spoilt before.
    private static byte[] stream(EveryDialect dialect, Random random, List<byte[]> documents) {
        List<byte[]> spoilt = documents.stream()
                .map(one -> random.nextInt(3) == 0 && one.length > 0 ? spoil(random, one) : one)
                .toList();
        byte[] framed = dialect.framed(spoilt);
        return switch (framed == null ? random.nextInt(6) : 4 + random.nextInt(4)) {
            case 0, 1 -> events(random, documents);
            case 2 -> Samples.joined(documents, "", "\n", "");
            case 3 -> Samples.joined(documents, "[", ",\r\n", "]");
            case 4 -> Samples.frames(spoilt, false);
            case 5 -> Samples.frames(spoilt, true);
            default -> Objects.requireNonNull(framed);
        };
    }

    private static byte[] events(Random random, List<byte[]> documents) {
        String eol = List.of("\n", "\r\n", "\r").get(random.nextInt(3));
        var stream = new ByteArrayOutputStream();
        for (byte[] document : documents) {
            stream.writeBytes(List.of("data: ", "data:", ": x" + eol + "data: ", "event: y" + eol + "data: ", "")
                    .get(random.nextInt(5))
                    .getBytes(UTF_8));
            stream.writeBytes(document);
            stream.writeBytes((eol + eol).getBytes(UTF_8));
        }
        return stream.toByteArray();
    }

    /// A byte changed, or a part cut out, said twice, or put elsewhere.
    private static byte[] spoil(Random random, byte[] input) {
        int from = random.nextInt(input.length);
        int to = from + random.nextInt(Math.min(input.length - from, 80)) + 1;
        int at = random.nextInt(input.length + 1);
        var spoilt = new ByteArrayOutputStream();
        switch (random.nextInt(6)) {
            case 0 -> spoilt.write(input, 0, from);
            case 1 -> {
                spoilt.write(input, 0, from);
                spoilt.write(input, to, input.length - to);
            }
            case 2 -> {
                spoilt.write(input, 0, at);
                spoilt.write(input, from, to - from);
                spoilt.write(input, at, input.length - at);
            }
            default -> spoilt.writeBytes(RandomJson.mutate(random, input));
        }
        return spoilt.toByteArray();
    }

    /// All that a scanner says of an answer: its facts, and the text it heard.
    private static String said(EveryDialect dialect, byte[] input, int firstPiece, int piece) {
        var text = new ByteArrayOutputStream();
        AnswerScanner scanner = dialect.scanner(new OutputListener() {
            @Override
            public void text(byte[] json, int from, int to) {
                text.write(json, from, to - from);
            }

            @Override
            public void textEnd() {
                text.write('|');
            }
        });
        for (int from = 0; from < input.length;) {
            byte[] alone = Arrays.copyOfRange(input, from,
                    Math.min(input.length, from + (from == 0 ? firstPiece : piece)));
            scanner.accept(alone, 0, alone.length);
            from += alone.length;
        }
        scanner.end();
        byte[] heard = text.toByteArray();
        if (dialect.dialect() instanceof BedrockInvoke) {
            // Of several formats in one answer, which no model sends, one may be heard before the other.
            Arrays.sort(heard);
        }
        return scanner.facts() + " " + scanner.isEventStream() + " " + new String(heard, UTF_8);
    }

    private static String passed(byte[] input, int firstPiece, int piece) {
        var out = new ByteArrayOutputStream();
        var filter = new UsageChunkFilter();
        for (int from = 0; from < input.length;) {
            int length = Math.min(input.length - from, from == 0 ? firstPiece : piece);
            filter.accept(input, from, length, out::write);
            from += length;
        }
        filter.finish(out::write);
        return out.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
