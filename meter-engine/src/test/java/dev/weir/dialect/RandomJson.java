package dev.weir.dialect;

import java.util.Arrays;
import java.util.Random;

/// JSON texts by chance, with names and values that the dialects care for now and then.
final class RandomJson {
    private static final String[] STRINGS = {"usage", "choices", "a", "", "é", "😀", "\\\"", "\\\\", "\\u0041",
        "\\ud83d\\ude00",
        "prompt_tokens", "us\\u0061ge", "}", "]", "x\\n", "{\\\"usage\\\":1}"};
    private static final String[] SCALARS = {"0", "-1", "12", "3.5", "1e3", "-0.5E-2", "true", "false", "null",
        "123456789012345678901234567890"};
    private static final String[] NAMES = {"usage", "choices", "a", "prompt_tokens", "prompt_t",
        "prompt_tokens_details",
        "prompt_token", "prompt_tokenz", "completion_tokens", "us\\u0061gf", "é", "system_fingerprint", "usagf"};
    private static final String[] SPACES = {"", "", "", " ", "\n", "\t\r\n "};

    private RandomJson() {}

    static String value(Random random, int depth) {
        return space(random) + switch (depth == 0 ? 2 + random.nextInt(2) : random.nextInt(4)) {
            case 0 -> object(random, depth - 1);
            case 1 -> array(random, depth - 1);
            case 2 -> string(random);
            default -> SCALARS[random.nextInt(SCALARS.length)];
        } + space(random);
    }

    private static String object(Random random, int depth) {
        var text = new StringBuilder("{");
        int members = random.nextInt(4);
        for (int i = 0; i < members; i++) {
            text.append(i == 0 ? "" : ",")
                    .append(space(random))
                    .append(string(random))
                    .append(space(random))
                    .append(':')
                    .append(value(random, depth));
        }
        return text.append(members == 0 ? space(random) : "").append('}').toString();
    }

    private static String array(Random random, int depth) {
        var text = new StringBuilder("[");
        int elements = random.nextInt(4);
        for (int i = 0; i < elements; i++) {
            text.append(i == 0 ? "" : ",").append(value(random, depth));
        }
        return text.append(']').toString();
    }

    private static String string(Random random) {
        var text = new StringBuilder("\"");
        for (int i = random.nextInt(3); i > 0; i--) {
            text.append(STRINGS[random.nextInt(STRINGS.length)]);
        }
        return text.append('"').toString();
    }

    /// An object as big as a real one: names and strings longer than a machine word, and names that begin alike.
    static String wide(Random random, int depth) {
        String space = random.nextBoolean() ? "" : space(random);
        var text = new StringBuilder("{").append(space);
        int members = random.nextInt(10);
        int start = random.nextInt(NAMES.length);
        for (int i = 0; i < members; i++) {
            text.append(i == 0 ? "" : "," + space)
                    .append('"')
                    .append(NAMES[(start + 5 * i) % NAMES.length])
                    .append("\":")
                    .append(space)
                    .append(wideValue(random, depth))
                    .append(random.nextInt(8) == 0 ? space(random) : "");
        }
        return text.append('}').toString();
    }

    private static String wideValue(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 5)) {
            case 0 -> SCALARS[random.nextInt(SCALARS.length)];
            case 1 -> Long.toString(random.nextLong() >> random.nextInt(64));
            case 2, 3 -> '"' + "x".repeat(random.nextInt(40)) + '"';
            case 4 -> '"' + "é_".repeat(random.nextInt(20)) + (random.nextBoolean() ? "\\n" : "") + "]".repeat(3) + '"';
            case 5 -> "[" + wide(random, depth - 1) + "," + wide(random, depth - 1) + "]";
            default -> wide(random, depth - 1);
        };
    }

    private static String space(Random random) {
        return SPACES[random.nextInt(SPACES.length)];
    }

    /// One byte changed, put in, or taken out.
    static byte[] mutate(Random random, byte[] text) {
        int at = random.nextInt(text.length);
        byte b = random.nextInt(4) == 0
                ? (byte) random.nextInt(256)
                : (byte) "{}[]\",:\\ 0123456789.eE+-truefalsn\t".charAt(random.nextInt(34));
        return switch (random.nextInt(3)) {
            case 0 -> {
                byte[] changed = text.clone();
                changed[at] = b;
                yield changed;
            }
            case 1 -> {
                byte[] longer = Arrays.copyOf(text, text.length + 1);
                System.arraycopy(text, at, longer, at + 1, text.length - at);
                longer[at] = b;
                yield longer;
            }
            default -> {
                byte[] shorter = Arrays.copyOf(text, text.length - 1);
                System.arraycopy(text, at + 1, shorter, at, text.length - at - 1);
                yield shorter;
            }
        };
    }
}
