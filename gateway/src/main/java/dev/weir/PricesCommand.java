package dev.weir;

import dev.weir.config.ConfigResult;
import dev.weir.config.GatewayConfig;
import dev.weir.rating.PriceBook;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `weir prices check`.
@Command(name = "prices", description = "Check the price book against what was used.", mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class PricesCommand implements Runnable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do with the prices: check.");
    }

    @Command(name = "check", description = {
        "Read the price book, and list the models that were used and have no price.",
        "Asks the running Weir of this configuration. Exit code 0: everything used has a price; 1: not, or nobody answers."},
            mixinStandardHelpOptions = true)
    int check(@Mixin ConfigOptions options,
            @Option(names = "--since", paramLabel = "DAY",
                    description = "First day to look at, in UTC. Default: 30 days ago.") @Nullable String since)
            throws InterruptedException {
        if (since != null && !isDay(since)) {
            throw new ParameterException(spec.commandLine(),
                    "--since " + since + " is no day. Write one such as 2026-03-14.");
        }
        Optional<ConfigResult.Loaded> loaded = options.load();
        if (loaded.isEmpty()) {
            return Main.MISUSED;
        }
        GatewayConfig config = loaded.get().config();
        PriceBook book = PriceBooks.of(config);
        PrintWriter out = spec.commandLine().getOut();
        out.println("Price book " + book.version() + ": " + book.size() + " rows as of " + book.asOf() + ".");
        JsonObject answer = ControlClient.ask(config, PATIENCE,
                "/api/prices/unpriced" + (since == null ? "" : "?since=" + since));
        String inForce = answer.getString("price_version");
        if (!book.version().equals(inForce)) {
            out.println("The running Weir has " + inForce + " in force: restart it to use this one.");
        }
        int without = print(answer.getJsonArray("items"), out);
        out.flush();
        return without == 0 ? Main.DONE : Main.FAILED;
    }

    private static boolean isDay(String text) {
        try {
            LocalDate.parse(text);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    /// @return how many models have no price now
    private static int print(JsonArray models, PrintWriter out) {
        int without = 0;
        for (int i = 0; i < models.size(); i++) {
            JsonObject model = models.getJsonObject(i);
            boolean pricedNow = model.getBoolean("priced_now");
            without += pricedNow ? 0 : 1;
            out.printf("%-10s %s/%s%s: %d events without a cost, %s to %s%n", pricedNow ? "priced now" : "unpriced",
                    model.getString("provider"), model.getString("model", "(no model named)"),
                    model.getString("service_tier") == null ? "" : " at " + model.getString("service_tier"),
                    model.getLong("events"), model.getString("first_day"), model.getString("last_day"));
        }
        out.println(without == 0
                ? "Everything that was used has a price" + (models.isEmpty() ? "." : " now.")
                : without + (without == 1 ? " model has" : " models have")
                        + " no price. Add rows to the file that prices.file names, and restart Weir.");
        return without;
    }
}
