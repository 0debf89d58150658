package dev.weir;

import picocli.CommandLine.IVersionProvider;

/// What runs: Weir's version, the JDK, the machine.
final class Version implements IVersionProvider {
    static String text() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[]{"weir " + text(), "Java " + Runtime.version(),
            System.getProperty("os.name") + " " + System.getProperty("os.arch")};
    }
}
