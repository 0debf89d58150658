package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The scanner of event streams beside the standard's words put into the plainest code.
class SseScannerTest {
    private static final String[] PARTS = {"data", "data:", "data: ", "data:  ", "data :", "dat", "da", ":", ": ",
        "event: ",
        "id", "\n", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\u00ef\u00bb\u00bf", " ", "x", "{\"a\":1}",
        "a longer piece of data, \t with \u000e in it", "[DONE]", "\u00e9\u0000\u000b"};

    @Test
    void hearsTheEventsOfTheStandardHoweverTheStreamIsSplit() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 50_000; round++) {
            var text = new StringBuilder();
            for (int i = random.nextInt(14); i > 0; i--) {
                text.append(PARTS[random.nextInt(PARTS.length)]);
            }
            byte[] stream = text.toString().getBytes(ISO_8859_1);
            List<String> expected = plainly(text.toString());
            assertThat(heard(stream, stream.length)).as("seed %s: %s", seed, text).isEqualTo(expected);
            assertThat(heard(stream, 1)).as("seed %s: %s", seed, text).isEqualTo(expected);
            assertThat(heard(stream, 2 + random.nextInt(20))).as("seed %s: %s", seed, text).isEqualTo(expected);
        }
    }

    private static List<String> heard(byte[] stream, int piece) {
        List<String> events = new ArrayList<>();
        var data = new StringBuilder();
        var scanner = new SseScanner(new SseScanner.Listener() {
            @Override
            public void data(byte[] bytes, int from, int to) {
                data.append(new String(bytes, from, to - from, ISO_8859_1));
            }

            @Override
            public void eventEnd(int to) {
                events.add(data.toString());
                data.setLength(0);
            }
        });
        for (int from = 0; from < stream.length; from += piece) {
            byte[] alone = Arrays.copyOfRange(stream, from, Math.min(stream.length, from + piece));
            scanner.accept(alone, 0, alone.length);
        }
        scanner.end();
        return events;
    }

    /// The data of each event, and an empty one for each blank line that ends nothing; an event without its blank line counts.
    private static List<String> plainly(String stream) {
        String text = stream.startsWith("\u00ef\u00bb\u00bf") ? stream.substring(3) : stream;
        List<String> events = new ArrayList<>();
        List<String> data = new ArrayList<>();
        boolean lines = false;
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
                end++;
            }
            String line = text.substring(at, end);
            at = text.startsWith("\r\n", end) ? end + 2 : end + 1;
            if (line.isEmpty()) {
                events.add(String.join("\n", data));
                data.clear();
            } else if (line.equals("data") && end < text.length()) {
                data.add("");
            } else if (line.startsWith("data:")) {
                data.add(line.startsWith("data: ") ? line.substring(6) : line.substring(5));
            }
            lines = !line.isEmpty();
        }
        if (lines || !data.isEmpty()) {
            events.add(String.join("\n", data));
        }
        return events;
    }
}
