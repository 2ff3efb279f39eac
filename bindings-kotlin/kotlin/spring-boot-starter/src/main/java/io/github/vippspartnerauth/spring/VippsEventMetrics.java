package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Event;
import io.github.vippspartnerauth.EventListener;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * How often each event happened, as {@code vipps.partner.auth.events} with the tags {@code name} and {@code warning}. Events
 * from before a registry is there are counted, too.
 */
public final class VippsEventMetrics implements MeterBinder, EventListener {
    private final List<MeterRegistry> registries = new ArrayList<>();
    private final Map<Kind, LongAdder> counts = new HashMap<>();

    private record Kind(String name, boolean isWarning) {}

    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        registries.add(registry);
        counts.forEach((kind, count) -> register(kind, count, registry));
    }

    @Override
    public synchronized void onEvent(Event event) {
        counts.computeIfAbsent(new Kind(event.getName(), event.isWarning()), this::counter).increment();
    }

    private LongAdder counter(Kind kind) {
        LongAdder count = new LongAdder();
        registries.forEach(registry -> register(kind, count, registry));
        return count;
    }

    private static void register(Kind kind, LongAdder count, MeterRegistry registry) {
        FunctionCounter.builder(VippsMetrics.PREFIX + "events", count, LongAdder::doubleValue)
                .tag("name", kind.name()).tag("warning", String.valueOf(kind.isWarning())).register(registry);
    }
}
