package dev.weir.meter;

import dev.weir.dialect.McpAnswer;
import dev.weir.dialect.McpRequest;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import dev.weir.usage.UsageReading;
import org.jspecify.annotations.Nullable;

/// The meter of the answer to an MCP request: fed the upstream's payload bytes in any split, counts the tool calls.
///
/// A call that got a result counts as reported, whether or not the tool says that it failed; one that got an error does not
/// count. One of which neither came back (the stream was cut, or is resumed by another request; the server answers on a
/// stream of its own, as in the protocol of 2024; an unknown content coding) may have been carried out, so it counts too,
/// as a bound.
///
/// Borrows each array for the call, never throws for what an upstream sends. One thread at a time.
public final class ToolCallMeter {
    private final McpAnswer answer;
    private final ContentDecoder decoder;

    /// @param contentEncoding of the answer, null where there is none
    public ToolCallMeter(McpRequest request, @Nullable String contentEncoding) {
        this.answer = new McpAnswer(request);
        this.decoder = new ContentDecoder(contentEncoding);
    }

    /// Reads payload bytes as the upstream sent them, transfer coding off, content coding on.
    public void accept(byte[] bytes, int offset, int length) {
        decoder.accept(bytes, offset, length, answer::accept);
    }

    /// What got a result so far.
    public Quantities soFar() {
        ToolCounts so = answer.carriedOut();
        return so.isEmpty() ? Quantities.NONE : Quantities.of(Meter.TOOL_CALLS, so.total(), Provenance.REPORTED);
    }

    /// Whether an error came back and no result.
    public boolean onlyErrors() {
        return answer.onlyErrors();
    }

    /// Ends the metering. Call once.
    ///
    /// @param succeeded whether the head said so; where it did not, what was not answered was not carried out
    public UsageReading finish(boolean succeeded) {
        answer.end();
        decoder.close();
        int bound = succeeded ? answer.unanswered().size() : 0;
        if (bound == 0) {
            return new UsageReading.Reported(soFar());
        }
        return new UsageReading.Estimated(soFar().with(all -> all.add(Meter.TOOL_CALLS, bound, Provenance.BOUND)),
                "the answer of a tool did not pass");
    }

    /// The tools that the reading counts.
    public ToolCounts tools(boolean succeeded) {
        ToolCounts tools = answer.carriedOut();
        if (succeeded) {
            for (String tool : answer.unanswered()) {
                tools = tools.plus(tool);
            }
        }
        return tools;
    }
}
