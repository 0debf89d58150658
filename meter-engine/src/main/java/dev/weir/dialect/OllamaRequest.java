package dev.weir.dialect;

import java.util.Set;

/// Reads a request of Ollama's own API (Ollama, `api/types.go`: `ChatRequest`, `GenerateRequest`, `EmbedRequest`; read
/// 2026-11). The server is written in Go and obeys a field in any case, so the base class refuses other cases.
final class OllamaRequest extends RequestReader {
    /// What the template and the system message of a model file bring; in the recorded traffic the most is 142 (harmony).
    private static final int TEMPLATE_TOKENS_MAX = 512;
    /// The most one image becomes: qwen2.5-vl at its greatest resolution, 16,384 patches.
    private static final int IMAGE_TOKENS_MAX = 16_384;
    /// `num_predict` of 0 or less is no limit: the runner compares it only where it is above 0 (`runner.go`).
    private static final int LEAST_LIMIT = 1;
    private static final Set<String> KNOWN = Set.of("model", "stream", "options", "messages", "prompt", "suffix",
            "system", "template", "context", "images", "tools", "input", "format", "think");

    private boolean hasFormat;
    private boolean thinksNot;

    OllamaRequest(Ollama.Task task, byte[] body, int length) {
        super(body, length, KNOWN);
        streaming = task != Ollama.Task.EMBED;
        choices = task == Ollama.Task.EMBED ? 0 : 1;
        prompt.declare(TEMPLATE_TOKENS_MAX);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> readStream();
            case "options" -> readLimitHome(this::option);
            case "messages" -> eachElement(this::message);
            case "prompt", "suffix", "system", "input" -> eachElement(this::readText);
            case "format" -> readFormat();
            case "think" -> readThink();
            case "template" -> template();
            case "context" -> tokens();
            case "images" -> eachElement(this::image);
            case "tools" -> eachElement(() -> {
                prompt.tool();
                readText();
            });
            default -> json.skip();
        }
    }

    private void readFormat() throws JsonCursor.Malformed {
        hasFormat = json.peek() != JsonCursor.Kind.NULL;
        int from = json.position();
        readText();
        hasFormat &= json.position() - from > 2;
    }

    private void readThink() throws JsonCursor.Malformed {
        thinksNot = json.peek() == JsonCursor.Kind.FALSE;
        json.skip();
    }

    /// A model that thinks is run twice for a format: free first, then held to it, with its thinking as further input. The
    /// recorded input of such a call is 939 tokens where the body has 333 bytes.
    @Override
    void allRead() {
        if (hasFormat && !thinksNot) {
            prompt.unseen("\"format\" makes a model read its own thinking again, unless \"think\" is false");
        }
    }

    /// A stream, unless the client says that it wants none.
    private void readStream() throws JsonCursor.Malformed {
        streaming &= json.peek() != JsonCursor.Kind.FALSE;
        json.skip();
    }

    private void option(String name) throws JsonCursor.Malformed {
        if (name.equals("num_predict")) {
            readOutputLimit(name, LEAST_LIMIT);
        } else {
            json.skip();
        }
    }

    private void message() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        eachMember(name -> {
            switch (name) {
                case "role" -> json.skip();
                case "images" -> eachElement(this::image);
                default -> readText();
            }
        });
    }

    /// The template of the client's own may put the prompt in as often as it likes.
    private void template() throws JsonCursor.Malformed {
        String text = json.readStringOrNull();
        if (text != null && !text.isEmpty()) {
            prompt.unseen("\"template\" may repeat the prompt");
        }
    }

    /// The earlier conversation as numbers of tokens: each has at least a digit and a comma, so the bound by bytes holds.
    private void tokens() throws JsonCursor.Malformed {
        prompt.notOnlyText();
        json.skip();
    }

    private void image() throws JsonCursor.Malformed {
        prompt.notOnlyText();
        prompt.declare(IMAGE_TOKENS_MAX);
        json.skip();
    }
}
