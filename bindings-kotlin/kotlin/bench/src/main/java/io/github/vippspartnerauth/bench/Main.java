package io.github.vippspartnerauth.bench;

import io.github.vippspartnerauth.Partner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures in rounds, each case once in each of them and in a process of its own: machines are shared, so only ratios
 * within a round mean anything, and their median is what is told.
 */
public final class Main {
    private static final int ROUNDS = Integer.getInteger("rounds", 5);
    private final StringBuilder json = new StringBuilder();

    public static void main(String[] args) throws Exception {
        new Main().run();
    }

    private void run() throws Exception {
        String heading = "Java " + Runtime.version() + ", " + ROUNDS + " rounds, " + System.getProperty("peers");
        System.out.println(heading);
        json.append("{\"versions\":\"").append(heading).append("\"");
        table("ID token (time; ratio to the bare signature)", "VerifyBench", "signature");
        table("headers of one of 10,000 merchants (ratio to a map)", "HeadersBench.(map|cached|blocking)$", "map");
        table("the same, suspending", "HeadersBench.suspending(Plain)?$", "suspendingPlain");
        table("one native call", "(CallsBench|ForeignBench)", "number");
        sizes();
        Files.writeString(Path.of(System.getProperty("output"), "bench.json"), json.append("}\n"));
    }

    private void table(String title, String cases, String base) throws RunnerException {
        Map<String, List<Double>> times = new LinkedHashMap<>();
        times.put(base, new ArrayList<>());
        for (int round = 0; round < ROUNDS; round++) {
            for (RunResult result : new Runner(options(cases)).run()) {
                String name = result.getPrimaryResult().getLabel();
                times.computeIfAbsent(name, absent -> new ArrayList<>()).add(result.getPrimaryResult().getScore());
            }
        }
        System.out.println("\n" + title);
        times.forEach((name, measured) -> row(title, name, measured, times.get(base)));
    }

    private void row(String title, String name, List<Double> measured, List<Double> base) {
        double[] ratios = new double[measured.size()];
        Arrays.setAll(ratios, round -> measured.get(round) / base.get(round));
        Arrays.sort(ratios);
        double least = measured.stream().min(Double::compare).orElseThrow();
        double ratio = ratios[ratios.length / 2];
        System.out.printf("  %-42s%12.0f ns%11s%n", name, least, "× " + String.format("%.2f", ratio));
        json.append(String.format(",%n\"%s: %s\":{\"nanoseconds\":%.0f,\"ratio\":%.3f}", title, name, least, ratio));
    }

    private static Options options(String cases) {
        return new OptionsBuilder().include("\\." + cases).mode(Mode.AverageTime).timeUnit(TimeUnit.NANOSECONDS).forks(1)
                .warmupIterations(3).warmupTime(TimeValue.milliseconds(700))
                .measurementIterations(3).measurementTime(TimeValue.milliseconds(500))
                .shouldFailOnError(true)
                .jvmArgs(flags()).verbosity(VerboseMode.SILENT).build();
    }

    /** Newer Javas warn of native code that nobody said was wanted. */
    private static String[] flags() {
        boolean warns = Runtime.version().feature() >= 22;
        return new String[] {
            "-XX:+UseSerialGC", "-Xmx512m", warns ? "--enable-native-access=ALL-UNNAMED" : "-Dnative.access=unasked",
        };
    }

    private void sizes() throws Exception {
        Path jar = Path.of(Partner.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        System.out.printf("%n%s: %d bytes%n", jar.getFileName(), Files.size(jar));
        json.append(String.format(",%n\"jar\":%d", Files.size(jar)));
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : zip.stream().filter(entry -> entry.getName().contains("vipps_partner_auth_ffi")).toList()) {
                System.out.printf("  %s: %d bytes, %d packed%n", entry.getName(), entry.getSize(), entry.getCompressedSize());
            }
        }
    }
}
