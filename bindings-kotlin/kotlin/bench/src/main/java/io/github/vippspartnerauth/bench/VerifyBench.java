package io.github.vippspartnerauth.bench;

import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTVerifier;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.interfaces.DecodedJWT;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.github.vippspartnerauth.Environment;
import io.github.vippspartnerauth.Expect;
import io.github.vippspartnerauth.IdTokenClaims;
import io.github.vippspartnerauth.IdTokenVerifier;
import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.util.Base64;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The whole check of an ID token: signature, issuer, times, nonce and MSN. */
@State(Scope.Thread)
public class VerifyBench {
    private final Token token = new Token();
    private final Expect expect = new Expect(Token.MSN).withNonce(Token.NONCE);
    private final DefaultJWTProcessor<SecurityContext> nimbus = new DefaultJWTProcessor<>();
    private Signature signature;
    private byte[] message;
    private byte[] value;
    private IdTokenVerifier ours;
    private JWTVerifier javaJwt;

    /** Each case once with a token that was tampered with, so that none is measured that does not check. */
    @Setup
    public void prepare() throws Exception {
        int dot = token.jwt.lastIndexOf('.');
        message = token.jwt.substring(0, dot).getBytes(StandardCharsets.US_ASCII);
        value = Base64.getUrlDecoder().decode(token.jwt.substring(dot + 1));
        signature = Signature.getInstance("SHA256withRSA");
        signature.initVerify(token.key.toRSAPublicKey());
        ours = new IdTokenVerifier(Environment.production(), token.set.toString());
        JWTClaimsSet exact = new JWTClaimsSet.Builder()
                .issuer(token.issuer).claim("nonce", Token.NONCE).claim("msn", Token.MSN).build();
        nimbus.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.RS256, new ImmutableJWKSet<>(token.set)));
        nimbus.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(exact, Set.of("sub", "iat", "exp")));
        javaJwt = JWT.require(Algorithm.RSA256(token.key.toRSAPublicKey(), null)).withIssuer(token.issuer)
                .withClaim("nonce", Token.NONCE).withClaim("msn", Token.MSN).build();
        refuseTampered(token.jwt.substring(0, dot - 8) + "AAAAAAAA" + token.jwt.substring(dot));
        if (!signature() || ours().getSub() == null || nimbus() == null || javaJwt() == null) {
            throw new IllegalStateException("a good token was refused");
        }
    }

    @Benchmark
    public boolean signature() throws Exception {
        signature.update(message);
        return signature.verify(value);
    }

    @Benchmark
    public IdTokenClaims ours() {
        return ours.verifyCached(token.jwt, expect);
    }

    @Benchmark
    public JWTClaimsSet nimbus() throws Exception {
        return nimbus.process(token.jwt, null);
    }

    @Benchmark
    public DecodedJWT javaJwt() {
        return javaJwt.verify(token.jwt);
    }

    private void refuseTampered(String tampered) {
        mustFail(() -> ours.verifyCached(tampered, expect));
        mustFail(() -> nimbus.process(tampered, null));
        mustFail(() -> javaJwt.verify(tampered));
    }

    private static void mustFail(java.util.concurrent.Callable<?> check) {
        try {
            check.call();
        } catch (Exception refused) {
            return;
        }
        throw new IllegalStateException("a token that was tampered with was accepted");
    }
}
