package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.Stats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Map;
import java.util.function.ToLongFunction;

/** The counters of a partner, as {@code vipps.partner.auth.*}. */
public final class VippsMetrics implements MeterBinder {
    static final String PREFIX = "vipps.partner.auth.";

    private static final Map<String, ToLongFunction<Stats>> COUNTERS = Map.ofEntries(
            Map.entry("token.requests", Stats::getTokenRequests),
            Map.entry("tokens.fetched", Stats::getTokensFetched),
            Map.entry("tokens.renewed", Stats::getTokensRenewed),
            Map.entry("fetches.failed", Stats::getFetchesFailed),
            Map.entry("renewals.failed", Stats::getRenewalsFailed),
            Map.entry("tokens.from.cache", Stats::getTokensFromCache),
            Map.entry("cache.failures", Stats::getCacheFailures),
            Map.entry("keys.refreshed", Stats::getKeysRefreshed),
            Map.entry("keys.refresh.failed", Stats::getKeysRefreshFailed),
            Map.entry("unknown.kids.suppressed", Stats::getUnknownKidsSuppressed),
            Map.entry("refusals.ignored", Stats::getRefusalsIgnored),
            Map.entry("events.dropped", Stats::getEventsDropped));

    private final Partner partner;
    private final Tags tags;

    /** The counters of the only partner. */
    public VippsMetrics(Partner partner) {
        this(partner, Tags.empty());
    }

    /** The counters of one of several partners, told apart by tags. */
    public VippsMetrics(Partner partner, Iterable<Tag> tags) {
        this.partner = partner;
        this.tags = Tags.of(tags);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        COUNTERS.forEach((name, counter) -> FunctionCounter
                .builder(PREFIX + name, partner, it -> counter.applyAsLong(it.getStats())).tags(tags).register(registry));
    }
}
