package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Caller;
import java.util.Map;
import java.util.function.Consumer;

/** For whom one request of a {@code RestClient} or {@code WebClient} is made. */
public final class VippsAttributes {
    /** The name of the attribute. Its value is a {@link Caller}. */
    public static final String CALLER = VippsAttributes.class.getName() + ".caller";

    private VippsAttributes() {}

    /**
     * Makes a request for another merchant than the client's own:
     * {@code client.get().uri(url).attributes(VippsAttributes.caller(shop))}.
     */
    public static Consumer<Map<String, Object>> caller(Caller caller) {
        return attributes -> attributes.put(CALLER, caller);
    }

    static Caller callerOf(Map<String, Object> attributes, Caller otherwise) {
        return attributes.get(CALLER) instanceof Caller caller ? caller : otherwise;
    }
}
