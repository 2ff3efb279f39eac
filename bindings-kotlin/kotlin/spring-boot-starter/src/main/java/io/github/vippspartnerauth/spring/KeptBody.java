package io.github.vippspartnerauth.spring;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.web.reactive.function.BodyInserter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a body writes the second time can be anything, so what it writes the first time is kept and sent again. */
final class KeptBody implements BodyInserter<Object, ClientHttpRequest> {
    /** Calls of Vipps' APIs are far below. A greater body is sent as it comes, and once. */
    private static final int MOST = 1 << 20;

    private final BodyInserter<?, ? super ClientHttpRequest> body;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private MediaType type;
    private boolean isTooLong;
    private volatile boolean isWritten;

    KeptBody(BodyInserter<?, ? super ClientHttpRequest> body) {
        this.body = body;
    }

    /** Whether all of it was sent, and all of it is here. */
    boolean isWhole() {
        return isWritten && !isTooLong;
    }

    @Override
    public Mono<Void> insert(ClientHttpRequest request, Context context) {
        return body.insert(new Kept(request), context);
    }

    /** The same bytes once more. */
    BodyInserter<Object, ClientHttpRequest> again() {
        return (request, context) -> {
            if (bytes.size() == 0) return request.setComplete();
            request.getHeaders().setContentType(type);
            request.getHeaders().setContentLength(bytes.size());
            return request.writeWith(Mono.fromSupplier(() -> request.bufferFactory().wrap(bytes.toByteArray())));
        };
    }

    private void keep(DataBuffer part) {
        isTooLong |= bytes.size() + part.readableByteCount() > MOST;
        if (isTooLong) return;
        ByteBuffer copy = ByteBuffer.allocate(part.readableByteCount());
        part.toByteBuffer(copy);
        bytes.writeBytes(copy.array());
    }

    private final class Kept extends ClientHttpRequestDecorator {
        Kept(ClientHttpRequest request) {
            super(request);
        }

        @Override
        public Mono<Void> writeWith(Publisher<? extends DataBuffer> parts) {
            return super.writeWith(Flux.from(parts).doOnNext(KeptBody.this::keep).doOnComplete(this::end));
        }

        @Override
        public Mono<Void> setComplete() {
            end();
            return super.setComplete();
        }

        private void end() {
            type = getHeaders().getContentType();
            isWritten = true;
        }
    }
}
