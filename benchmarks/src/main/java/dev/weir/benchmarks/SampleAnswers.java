package dev.weir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Answers in the shape and size of real ones, each brought to the byte to a length that is asked for, so that a figure can be
/// given for each byte.
final class SampleAnswers {
    private static final String[] WORDS = {" the", " a", " gateway", " counts", " every", " token", " that", " passes",
        ",",
        ".", "\\n\\n", " it", " does", " not", " \\\"guess\\\"", " é", " whether", " and", " nothing", " is", " lost"};
    private static final String CHAT_HEAD = "\"created\":1790000000,\"model\":\"gpt-4o-mini-2024-07-18\","
            + "\"system_fingerprint\":\"fp_0123456789\",";
    private static final String CHAT_USAGE = "\"usage\":{\"prompt_tokens\":1200,\"completion_tokens\":64,"
            + "\"total_tokens\":1264,\"prompt_tokens_details\":{\"cached_tokens\":1024,\"audio_tokens\":0},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
            + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";
    private static final String MESSAGES_USAGE = "\"usage\":{\"input_tokens\":176,\"cache_creation_input_tokens\":0,"
            + "\"cache_read_input_tokens\":1024,\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,"
            + "\"ephemeral_1h_input_tokens\":0},\"output_tokens\":";

    private SampleAnswers() {}

    /// Chat Completions in chunks of some 266 bytes, then the usage chunk and `[DONE]`.
    static byte[] chatStream(int bytes) {
        var random = new Random(1);
        String end = chatChunk(
                "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null")
                + chatChunk("\"choices\":[]," + CHAT_USAGE) + "data: [DONE]\n\n";
        var text = new StringBuilder();
        for (String chunk = chatDelta(random); length(text) + length(chunk) + length(end) <= bytes;) {
            text.append(chunk);
            chunk = chatDelta(random);
        }
        return toLength(text, bytes - length(end), "\"content\":\"").append(end).toString().getBytes(UTF_8);
    }

    private static String chatDelta(Random random) {
        return chatChunk("\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word(random)
                + "\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null");
    }

    private static String chatChunk(String rest) {
        return "data: {\"id\":\"chatcmpl-AXfq8S1vJ3kq9TtG6mYw0bZk2nLxu\",\"object\":\"chat.completion.chunk\","
                + CHAT_HEAD + rest + "}\n\n";
    }

    /// A whole Chat Completions answer, with line breaks and spaces as the API sends it.
    static byte[] chatJson(int bytes) {
        var random = new Random(2);
        var content = new StringBuilder("Well");
        String head = "{\n  \"id\": \"chatcmpl-AXfq8S1vJ3kq9TtG6mYw0bZk2nLxu\",\n  \"object\": \"chat.completion\",\n  "
                + CHAT_HEAD.replace("\":", "\": ").replace(",", ",\n  ")
                + "\"choices\": [\n    {\n      \"index\": 0,\n      \"message\": {\n        \"role\": \"assistant\",\n"
                + "        \"content\": \"";
        String tail = "\",\n        \"refusal\": null,\n        \"annotations\": []\n      },\n      \"logprobs\": null,\n"
                + "      \"finish_reason\": \"stop\"\n    }\n  ],\n  " + CHAT_USAGE.replace("\":", "\": ") + "\n}\n";
        int room = bytes - length(head) - length(tail);
        for (String word = word(random); length(content) + length(word) <= room; word = word(random)) {
            content.append(word);
        }
        content.append("x".repeat(room - length(content)));
        return (head + content + tail).getBytes(UTF_8);
    }

    /// A Messages stream: one text block in small deltas, a ping, and usage in the first and the last but one event.
    static byte[] messagesStream(int bytes) {
        var random = new Random(3);
        String end = event("content_block_stop", "\"index\":0")
                + event("message_delta",
                        "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}," + MESSAGES_USAGE + "211}")
                + event("message_stop", "\"done\":true");
        var text = new StringBuilder(event("message_start",
                "\"message\":{\"model\":\"claude-sonnet-4-5\",\"id\":\"msg_01AbCdEfGhIjKlMnOpQrStUv\",\"type\":\"message\","
                        + "\"role\":\"assistant\",\"content\":[],\"stop_reason\":null," + MESSAGES_USAGE + "2}}"));
        text.append(event("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
        text.append(event("ping", "\"padding\":\"\""));
        for (String delta = messagesDelta(random); length(text) + length(delta) + length(end) <= bytes;) {
            text.append(delta);
            delta = messagesDelta(random);
        }
        return toLength(text, bytes - length(end), "\"text\":\"").append(end).toString().getBytes(UTF_8);
    }

    private static String messagesDelta(Random random) {
        return event("content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + word(random)
                + word(random) + word(random) + "\"}");
    }

    private static String event(String type, String rest) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + rest + "}\n\n";
    }

    /// The answer in pieces: where each ends.
    static int[] cutEvery(int piece, int length) {
        List<Integer> ends = new ArrayList<>();
        for (int end = piece; end < length; end += piece) {
            ends.add(end);
        }
        ends.add(length);
        return ends.stream().mapToInt(Integer::intValue).toArray();
    }

    /// The answer event by event: where each ends.
    static int[] cutAtEvents(byte[] stream) {
        List<Integer> ends = new ArrayList<>();
        for (int i = 1; i < stream.length; i++) {
            if (stream[i] == '\n' && stream[i - 1] == '\n') {
                ends.add(i + 1);
            }
        }
        return ends.stream().mapToInt(Integer::intValue).toArray();
    }

    /// Where the JSON documents of an answer begin and end, by turns.
    static int[] documents(byte[] answer) {
        if (answer[0] == '{') {
            return new int[]{0, answer.length};
        }
        List<Integer> bounds = new ArrayList<>();
        int line = 0;
        for (int i = 0; i < answer.length; i++) {
            if (answer[i] == '\n') {
                if (i > line + 6 && answer[line] == 'd' && answer[line + 6] == '{') {
                    bounds.add(line + 6);
                    bounds.add(i);
                }
                line = i + 1;
            }
        }
        return bounds.stream().mapToInt(Integer::intValue).toArray();
    }

    private static StringBuilder toLength(StringBuilder text, int bytes, String lastStringOpens) {
        return text.insert(text.lastIndexOf(lastStringOpens) + lastStringOpens.length(),
                "x".repeat(bytes - length(text)));
    }

    private static String word(Random random) {
        return WORDS[random.nextInt(WORDS.length)];
    }

    private static int length(CharSequence text) {
        return text.toString().getBytes(UTF_8).length;
    }
}
