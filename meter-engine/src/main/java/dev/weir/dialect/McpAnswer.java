package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads an MCP server's answer as it passes, JSON or events, and knows which tool calls of the request got a result.
///
/// A response is a message with the id of a request and a `result`, whatever is in it (a tool that failed says
/// `isError` in its result), or an `error`. Everything else passes unheeded: notifications, requests of the server (they have
/// an id and no result), progress, priming events without data.
///
/// One thread at a time; keeps what the request named and a kilobyte. Framing as in [AnswerScanner].
public final class McpAnswer {
    private final Fields fields;
    private final AnswerScanner scanner;

    public McpAnswer(McpRequest request) {
        this.fields = new Fields(request);
        this.scanner = new AnswerScanner(fields);
    }

    /// Reads the next bytes, content coding already taken off.
    public void accept(byte[] bytes, int offset, int length) {
        scanner.accept(bytes, offset, length);
    }

    /// No more bytes will come.
    public void end() {
        scanner.end();
    }

    /// The calls that got a result.
    public ToolCounts carriedOut() {
        return fields.carriedOut;
    }

    /// The calls that got neither a result nor an error, each once.
    public List<String> unanswered() {
        var tools = new ArrayList<>(fields.unknown);
        tools.addAll(fields.waiting.values());
        return tools;
    }

    /// Whether an error came back and no result.
    public boolean onlyErrors() {
        return fields.errors && !fields.results;
    }

    private enum Field {
        MESSAGE, ID, RESULT, ERROR
    }

    private static final class Fields extends AnswerFields<Field> {
        private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
                .add(Field.MESSAGE, JsonPaths.Strings.WHOLE, "", "[]")
                .add(Field.ID, JsonPaths.Strings.WHOLE, "id", "[].id")
                .add(Field.RESULT, JsonPaths.Strings.WHOLE, "result", "[].result")
                .add(Field.ERROR, JsonPaths.Strings.WHOLE, "error", "[].error");

        private final Map<String, String> waiting = new HashMap<>();
        /// Tools of the calls whose id cannot be compared.
        private final List<String> unknown = new ArrayList<>(0);
        private ToolCounts carriedOut = ToolCounts.NONE;
        private boolean results;
        private boolean errors;

        private @Nullable String id;
        private boolean hasResult;
        private boolean hasError;

        Fields(McpRequest request) {
            super(OutputListener.NONE);
            for (McpRequest.Call call : request.calls()) {
                if (call.id() == null) {
                    unknown.add(call.tool());
                } else {
                    waiting.put(call.id(), call.tool());
                }
            }
        }

        @Override
        JsonPaths<Field> paths() {
            return PATHS;
        }

        @Override
        void enter(Field field) {
            switch (field) {
                case MESSAGE -> {
                    id = null;
                    hasResult = false;
                    hasError = false;
                }
                case RESULT, ERROR -> seen(field);
                case ID -> {
                }
            }
        }

        @Override
        void leave(Field field) {
            if (field == Field.MESSAGE && id != null && (hasResult || hasError)) {
                results |= hasResult;
                errors |= hasError;
                String tool = waiting.remove(id);
                if (tool != null && hasResult) {
                    carriedOut = carriedOut.plus(tool);
                }
                id = null;
            }
        }

        @Override
        void number(Field field, long value) {
            if (field == Field.ID) {
                id = McpReader.id(value);
            } else {
                seen(field);
            }
        }

        @Override
        void string(Field field, byte[] bytes, int from, int to) {
            if (field == Field.ID) {
                id = McpReader.id(new String(bytes, from, to - from, StandardCharsets.UTF_8));
            } else {
                seen(field);
            }
        }

        @Override
        void truth(Field field, boolean value) {
            seen(field);
        }

        private void seen(Field field) {
            hasResult |= field == Field.RESULT;
            hasError |= field == Field.ERROR;
        }

        @Override
        AnswerFacts facts() {
            var quantities = carriedOut.isEmpty()
                    ? Quantities.NONE
                    : Quantities.builder().reported(Meter.TOOL_CALLS, carriedOut.total()).build();
            return new AnswerFacts(AnswerFacts.Usage.NONE, quantities, List.of(), null, null, null, null, false, false);
        }
    }
}
