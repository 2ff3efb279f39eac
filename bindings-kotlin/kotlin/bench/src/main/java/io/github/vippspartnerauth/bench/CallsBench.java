package io.github.vippspartnerauth.bench;

import com.sun.jna.Native;
import io.github.vippspartnerauth.Environment;
import io.github.vippspartnerauth.IdTokenVerifier;
import io.github.vippspartnerauth.Stats;
import io.github.vippspartnerauth.SystemInfo;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What one native call costs, by what it carries. */
@State(Scope.Thread)
public class CallsBench {
    private final IdTokenVerifier verifier = new IdTokenVerifier(Environment.production());

    private final byte[] array = new byte[2_048];

    /** The least that JNA can do: a number, by direct mapping. */
    @Benchmark
    public int number() {
        return Direct.ffi_vipps_partner_auth_ffi_uniffi_contract_version();
    }

    /** Two kilobytes there and back, and nothing done with them: what a check of an ID token pays besides the check. */
    @Benchmark
    public int array() {
        return Direct.vipps_partner_auth_verify(0, array, 0, array.length);
    }

    @Benchmark
    public String textToText() {
        return SystemInfo.fit("acme");
    }

    @Benchmark
    public Stats recordOfTen() {
        return verifier.getStats();
    }

    private static final class Direct {
        static {
            Native.register(Direct.class, "vipps_partner_auth_ffi");
        }

        static native int vipps_partner_auth_verify(long check, byte[] buffer, int length, int capacity);

        static native int ffi_vipps_partner_auth_ffi_uniffi_contract_version();
    }
}
