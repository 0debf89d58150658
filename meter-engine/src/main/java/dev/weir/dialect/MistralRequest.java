package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a request to start or go on with a conversation, to moderate, or to read a document (Mistral API reference, "Beta
/// Conversations", "Classifiers", "OCR"; read 2026-11).
final class MistralRequest extends RequestReader {
    /// What the template and the moderation's own instructions add; 61 tokens are recorded.
    private static final int TEMPLATE_TOKENS_MAX = 512;
    /// "No longer than 1,000 pages" (Mistral documentation, "Document AI", limits).
    private static final int PAGES_MAX = 1_000;
    private static final String CONVERSATIONS = "/conversations";
    private static final Set<String> KNOWN = Set.of("model", "stream", "inputs", "input", "instructions", "tools",
            "agent_id", "completion_args", "document");

    MistralRequest(Mistral.Task task, String path, byte[] body, int length) {
        super(body, length, KNOWN);
        choices = task.answersInTokens() ? 1 : 0;
        prompt.declare(TEMPLATE_TOKENS_MAX);
        if (task == Mistral.Task.OCR) {
            others.set(Meter.PAGES, PAGES_MAX, Provenance.BOUND);
        }
        if (task == Mistral.Task.CONVERSATION && !path.endsWith(CONVERSATIONS)) {
            prompt.unseen("a conversation that the provider keeps is named by its id");
        }
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "inputs", "input" -> eachElement(this::message);
            case "instructions" -> readText();
            case "tools" -> eachElement(() -> readTool(this::toolType));
            case "completion_args" -> readLimitHome(this::argument);
            case "agent_id" -> unseenUnlessNull("the instructions of an agent are kept by the provider");
            case "document" -> unseenUnlessNull("a document is read page by page");
            default -> json.skip();
        }
    }

    private void argument(String name) throws JsonCursor.Malformed {
        if (name.equals("max_tokens")) {
            readOutputLimit(name);
        } else {
            json.skip();
        }
    }

    private void message() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        eachMember(name -> {
            if (name.equals("content")) {
                eachElement(() -> eachMember(this::part));
            } else {
                readText();
            }
        });
    }

    private void part(String name) throws JsonCursor.Malformed {
        if (name.endsWith("_url") || name.equals("file_id")) {
            prompt.unseen("a message names a file or a URL");
            json.skip();
        } else {
            readText();
        }
    }

    private void toolType(@Nullable String type) {
        if (type == null || !type.equals("function")) {
            prompt.unseen("a tool of the provider's own adds input");
        }
    }

}
