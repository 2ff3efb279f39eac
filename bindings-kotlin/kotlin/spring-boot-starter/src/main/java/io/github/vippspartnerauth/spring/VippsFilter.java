package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Authorization;
import io.github.vippspartnerauth.Caller;
import io.github.vippspartnerauth.VippsAuthException;
import io.github.vippspartnerauth.VippsAuthIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.web.reactive.function.BodyInserter;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.publisher.Mono;

/**
 * The part of {@link VippsWebClient#authorize} that attaches headers and makes a call once more after a 401, for a connector of
 * your own. That connector must follow no redirects: a filter sees none, and headers would go along to any host.
 */
public final class VippsFilter implements ExchangeFilterFunction {
    private final Caller caller;

    /** For this caller, where a request names no other by {@link VippsAttributes#caller}. */
    public VippsFilter(Caller caller) {
        this.caller = caller;
    }

    @Override
    public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
        Caller caller = VippsAttributes.callerOf(request.attributes(), this.caller);
        String url = request.url().toString();
        // Whoever tries again subscribes again: that is another call, with its body from the start.
        if (caller.covers(url)) return Mono.defer(() -> new Call(caller, request, next).make());
        caller.headersWithheld(url);
        return next.exchange(request);
    }

    private record Call(Caller caller, ClientRequest request, ExchangeFunction next, KeptBody body) {
        Call(Caller caller, ClientRequest request, ExchangeFunction next) {
            this(caller, request, next, new KeptBody(request.body()));
        }

        Mono<ClientResponse> make() {
            return authorization().flatMap(used -> sent(used, body).flatMap(answer -> judged(answer, used)));
        }

        private Mono<Authorization> authorization() {
            return awaited(caller::authorizationAsync)
                    .onErrorMap(VippsAuthException.class, failure -> new WebClientRequestException(
                            new VippsAuthIOException(failure), request.method(), request.url(), request.headers()));
        }

        private Mono<ClientResponse> judged(ClientResponse answer, Authorization used) {
            if (answer.statusCode() != HttpStatus.UNAUTHORIZED || !isCarried(used, answer)) return Mono.just(answer);
            return awaited(() -> caller.refusedAsync(used))
                    .filter(other -> body.isWhole())
                    .onErrorResume(VippsAuthException.class, none -> Mono.empty())
                    .flatMap(other -> answer.releaseBody().then(sent(other, body.again())))
                    .switchIfEmpty(Mono.just(answer));
        }

        private Mono<ClientResponse> sent(Authorization used, BodyInserter<?, ? super ClientHttpRequest> body) {
            ClientRequest with = ClientRequest.from(request)
                    .headers(headers -> used.getHeaders().forEach(headers::set)).body(body).build();
            return next.exchange(with).doOnNext(answer -> tell(answer, used));
        }

        private void tell(ClientResponse answer, Authorization used) {
            String type = answer.headers().asHttpHeaders().getFirst("Content-Type");
            if (isCarried(used, answer)) caller.answered(answer.statusCode().value(), type);
        }

        private static boolean isCarried(Authorization used, ClientResponse answer) {
            return used.isCarriedBy(answer.request().getHeaders()::getFirst);
        }
    }

    /** Cancelling ends the wait. */
    private static Mono<Authorization> awaited(Supplier<CompletableFuture<Authorization>> begin) {
        return Mono.fromFuture(begin).onErrorMap(CompletionException.class, Throwable::getCause);
    }
}
