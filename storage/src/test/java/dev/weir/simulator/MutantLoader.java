package dev.weir.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// Loads Weir's classes once more, one of them compiled from a source with a bug in it. Nothing of the product knows of it.
final class MutantLoader extends ClassLoader {
    private static final List<Path> SOURCES = List.of(Path.of("src/main/java"),
            Path.of("../meter-engine/src/main/java"),
            Path.of("src/test/java"), Path.of("../meter-engine/src/test/java"));
    private static final String OURS = "dev.weir.";

    private final Map<String, byte[]> mutants;

    private MutantLoader(Map<String, byte[]> mutants) {
        super(MutantLoader.class.getClassLoader());
        this.mutants = mutants;
    }

    /// Whether the sources are where a build has them.
    static boolean hasSources() {
        return SOURCES.stream().allMatch(Files::isDirectory);
    }

    static MutantLoader of(PlantedBug bug) throws IOException {
        for (Path root : SOURCES) {
            var file = root.resolve("dev/weir").resolve(bug.file());
            if (Files.exists(file)) {
                return new MutantLoader(compile(bug.file(), bug.plant(Files.readString(file))));
            }
        }
        throw new IllegalStateException("'" + bug + "': there is no " + bug.file() + " below " + SOURCES);
    }

    private static Map<String, byte[]> compile(String file, String source) {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var messages = new java.io.StringWriter();
        var classes = new HashMap<String, ByteArrayOutputStream>();
        var manager = new InMemory(compiler.getStandardFileManager(null, null, null), classes);
        var unit = new Source(file, source);
        boolean compiled = compiler.getTask(messages, manager, null,
                List.of("-proc:none", "-nowarn", "-cp", System.getProperty("java.class.path")), null, List.of(unit))
                .call();
        if (!compiled) {
            throw new IllegalStateException(file + " does not compile with its bug:\n" + messages);
        }
        var bytes = new HashMap<String, byte[]>();
        classes.forEach((name, out) -> bytes.put(name, out.toByteArray()));
        return bytes;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            var loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes = mutants.get(name);
        if (bytes == null) {
            bytes = original(name);
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] original(String name) throws ClassNotFoundException {
        try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String file, String text) {
            super(URI.create("string:///dev/weir/" + file), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> classes;

        InMemory(JavaFileManager files, Map<String, ByteArrayOutputStream> classes) {
            super(files);
            this.classes = classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(Location location, String name, JavaFileObject.Kind kind,
                @Nullable FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("mem:///" + name.replace('.', '/') + ".class"), kind) {
                @Override
                public OutputStream openOutputStream() {
                    var out = new ByteArrayOutputStream();
                    classes.put(name, out);
                    return out;
                }
            };
        }
    }
}
