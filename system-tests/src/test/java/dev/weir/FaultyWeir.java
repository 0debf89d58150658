package dev.weir;

import dev.weir.disk.FileDisk;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `weir run` in every respect, on a disk that fails and a clock that jumps when they are told to.
///
/// What to do comes by lines on standard input: `disk eio@17`, `disk none`, `clock PT25H`. The property `weir.chaos.disk` is a
/// fault that is armed before the start, so that it may hit the start; `weir.chaos.clock` is how far the clock is off then.
@Command(name = "faulty-weir")
final class FaultyWeir implements Callable<Integer> {
    static final String DISK = "weir.chaos.disk";
    static final String CLOCK = "weir.chaos.clock";

    private final JumpingClock clock = new JumpingClock();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    public static void main(String[] args) {
        System.exit(new CommandLine(new FaultyWeir()).setExecutionExceptionHandler((problem, line, parsed) -> {
            line.getErr().println("weir: " + problem.getMessage());
            return Main.FAILED;
        }).execute(Arrays.copyOfRange(args, 1, args.length)));
    }

    @Override
    public Integer call() throws Exception {
        clock.jumpTo(Duration.parse(System.getProperty(CLOCK, "PT0S")));
        return GatewayRun.run(options, new Ports(clock, Ports.real().random(), folder -> {
            var disk = new FaultyDisk(FileDisk.open(folder));
            String first = System.getProperty(DISK, "");
            disk.arm(first.isEmpty() ? null : DiskFault.parse(first));
            Thread.ofPlatform().daemon().name("chaos-orders").start(() -> obey(disk));
            return disk;
        }), ready -> {});
    }

    private void obey(FaultyDisk disk) {
        try (var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String order = orders.readLine(); order != null; order = orders.readLine()) {
                String[] words = order.split(" ", 2);
                switch (words[0]) {
                    case "disk" -> disk.arm(words[1].equals("none") ? null : DiskFault.parse(words[1]));
                    case "clock" -> clock.jumpTo(Duration.parse(words[1]));
                    default -> throw new IllegalArgumentException(order);
                }
                System.out.println(FaultyDisk.FIRED + order);
            }
        } catch (IOException closed) {
            // Nobody gives orders any more.
        }
    }
}
