package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The section of `every-dialect.txt` with one name; its head says how it is written.
final class Samples {
    static final String EVENT = "event";
    static final String FRAME = "frame";
    static final String WRAPPED = "wrapped";
    private static final String BOUNDARY = "b-0";
    private static final Map<String, Map<String, List<byte[]>>> SECTIONS = sections();

    private final Map<String, List<byte[]>> documents;

    private Samples(Map<String, List<byte[]>> documents) {
        this.documents = documents;
    }

    static Samples of(String section) {
        return new Samples(Objects.requireNonNull(SECTIONS.get(section), "no section " + section));
    }

    private static Map<String, Map<String, List<byte[]>>> sections() {
        Map<String, Map<String, List<byte[]>>> sections = new LinkedHashMap<>();
        Map<String, List<byte[]>> section = Map.of();
        for (String line : lines()) {
            if (line.startsWith("[")) {
                section = new LinkedHashMap<>();
                sections.put(line.substring(1, line.length() - 1), section);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                String kind = line.substring(0, line.indexOf(' '));
                String rest = line.substring(kind.length() + 1);
                if (kind.equals("as")) {
                    for (var there : Objects.requireNonNull(sections.get(rest), rest).entrySet()) {
                        section.put(there.getKey(), new ArrayList<>(there.getValue()));
                    }
                } else {
                    section.computeIfAbsent(kind, none -> new ArrayList<>()).add(rest.getBytes(UTF_8));
                }
            }
        }
        return sections;
    }

    private static List<String> lines() {
        try (InputStream in = Samples.class.getResourceAsStream("every-dialect.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8).lines().toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    List<byte[]> documents(String kind) {
        return documents.getOrDefault(kind, List.of());
    }

    /// All documents of answers.
    List<byte[]> documents() {
        List<byte[]> all = new ArrayList<>();
        documents.forEach((kind, some) -> all.addAll(kind.equals("request") || kind.equals("form") ? List.of() : some));
        return all;
    }

    List<byte[]> requests() {
        List<byte[]> requests = new ArrayList<>(documents("request"));
        if (!documents("form").isEmpty()) {
            requests.add(form());
        }
        return requests;
    }

    @Nullable
    String contentType() {
        return documents("form").isEmpty() ? "application/json" : "multipart/form-data; boundary=" + BOUNDARY;
    }

    private byte[] form() {
        var form = new StringBuilder();
        for (byte[] line : documents("form")) {
            for (String field : new String(line, UTF_8).split("&")) {
                String[] sides = field.split("=");
                form.append("--")
                        .append(BOUNDARY)
                        .append("\r\nContent-Disposition: form-data; name=\"")
                        .append(sides[0]);
                form.append("\"\r\n\r\n").append(sides[1]).append("\r\n");
            }
        }
        return form.append("--").append(BOUNDARY).append("--\r\n").toString().getBytes(UTF_8);
    }

    List<byte[]> answers() {
        List<byte[]> answers = new ArrayList<>(documents("whole"));
        documents.forEach((kind, some) -> {
            switch (kind) {
                case EVENT -> answers.add(events(some, "\n"));
                case "line" -> answers.add(joined(some, "", "\n", "\n"));
                case "element" -> answers.add(joined(some, "[", "\r\n,\r\n", "]\n"));
                case FRAME -> answers.add(frames(some, false));
                case WRAPPED -> answers.add(frames(some, true));
                default -> {
                }
            }
        });
        return answers;
    }

    static byte[] events(List<byte[]> documents, String eol) {
        return joined(documents, "data: ", eol + eol + "data: ", eol + eol);
    }

    static byte[] joined(List<byte[]> documents, String before, String between, String after) {
        var joined = new ByteArrayOutputStream();
        joined.writeBytes(before.getBytes(UTF_8));
        for (int i = 0; i < documents.size(); i++) {
            joined.writeBytes((i == 0 ? "" : between).getBytes(UTF_8));
            joined.writeBytes(documents.get(i));
        }
        joined.writeBytes(after.getBytes(UTF_8));
        return joined.toByteArray();
    }

    /// @param wrapped whether each document stands in Base64 inside another
    static byte[] frames(List<byte[]> documents, boolean wrapped) {
        var frames = new ByteArrayOutputStream();
        byte[] headers = stringHeader(":message-type", "event");
        for (byte[] document : documents) {
            byte[] payload = wrapped
                    ? ("{\"bytes\":\"" + Base64.getEncoder().encodeToString(document) + "\",\"p\":\"abc\"}")
                            .getBytes(UTF_8)
                    : document;
            frames.writeBytes(AmazonFramesTest.frame(headers, payload));
        }
        return frames.toByteArray();
    }

    private static byte[] stringHeader(String name, String value) {
        var header = new ByteArrayOutputStream();
        header.write(name.length());
        header.writeBytes(name.getBytes(UTF_8));
        header.write(7);
        header.write(0);
        header.write(value.length());
        header.writeBytes(value.getBytes(UTF_8));
        return header.toByteArray();
    }
}
