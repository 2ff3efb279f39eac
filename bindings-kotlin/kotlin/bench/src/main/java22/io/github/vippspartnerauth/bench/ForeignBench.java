package io.github.vippspartnerauth.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.vippspartnerauth.Partner;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the same calls cost through Java's own foreign-function interface, which needs a JDK of 22 or newer. */
@State(Scope.Thread)
public class ForeignBench {
    private static final MethodHandle NUMBER;
    private static final MethodHandle ARRAY;
    private final MemorySegment native2K = Arena.global().allocate(2_048);
    private final byte[] array = new byte[2_048];

    static {
        SymbolLookup library = SymbolLookup.libraryLookup(unpacked(), Arena.global());
        Linker linker = Linker.nativeLinker();
        NUMBER = linker.downcallHandle(
                library.find("ffi_vipps_partner_auth_ffi_uniffi_contract_version").orElseThrow(),
                FunctionDescriptor.of(JAVA_INT));
        ARRAY = linker.downcallHandle(
                library.find("vipps_partner_auth_verify").orElseThrow(),
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT));
    }

    private static Path unpacked() {
        try (InputStream library = Partner.class.getResourceAsStream("/linux-x86-64/libvipps_partner_auth_ffi.so")) {
            Path file = Files.createTempFile("bench", ".so");
            file.toFile().deleteOnExit();
            Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Benchmark
    public int foreignNumber() throws Throwable {
        return (int) NUMBER.invokeExact();
    }

    /** Two kilobytes there and back, and nothing done with them. */
    @Benchmark
    public int foreignArray() throws Throwable {
        MemorySegment.copy(array, 0, native2K, JAVA_BYTE, 0, array.length);
        int length = (int) ARRAY.invokeExact(0L, native2K, 0, array.length);
        MemorySegment.copy(native2K, JAVA_BYTE, 0, array, 0, array.length);
        return length;
    }
}
