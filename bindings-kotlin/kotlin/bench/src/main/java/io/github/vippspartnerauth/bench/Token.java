package io.github.vippspartnerauth.bench;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.github.vippspartnerauth.Environment;
import java.time.Instant;
import java.util.Date;
import java.util.List;

/** An ID token as Vipps makes them: RS256 with 2048 bits, 12 claims, one of three keys. */
final class Token {
    static final String MSN = "123456";
    static final String NONCE = "pXnZc0Z1Wb3vQmJp8uVt4yK2sR6hLdEa";
    final String issuer = Environment.production().getIssuer();
    final List<RSAKey> keys = List.of(key("key-2024"), key("key-2025"), key("key-2026"));
    final RSAKey key = keys.get(1);
    final JWKSet set = new JWKSet(List.<JWK>copyOf(keys)).toPublicJWKSet();
    final String jwt = signed();

    private String signed() {
        Instant now = Instant.now();
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .issuer(issuer).audience("11111111-2222-4333-8444-555555555555")
                .subject("c06c4afe-d9e1-4c5d-939a-177d752a0944").issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(86_000))).claim("auth_time", now.getEpochSecond())
                .claim("rat", now.getEpochSecond()).jwtID("7d2f4f0a-5c8f-4c1c-9d3e-0f5a1b2c3d4e").claim("nonce", NONCE)
                .claim("sid", "8e3f5a1b-6d90-4d2d-8e4f-1a6b2c3d4e5f").claim("msn", MSN)
                .claim("at_hash", "x4Q8HQk8zG0v2Y1aB3cD5e").build();
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build();
        SignedJWT signed = new SignedJWT(header, claims);
        try {
            signed.sign(new RSASSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return signed.serialize();
    }

    private static RSAKey key(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
