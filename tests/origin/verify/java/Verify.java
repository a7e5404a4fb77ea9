// Verifies a forwarded assertion: Java 17 with com.nimbusds:nimbus-jose-jwt
// (mvn -q compile; pom.xml is beside this file).
// Reads JWKS_URL, ISSUER, AUDIENCE and TOKEN; prints the caller's id, or fails.

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.util.Set;

public class Verify {
    public static void main(String[] args) throws Exception {
        var env = System.getenv();

        // Made once: it keeps the keys, and fetches them again when a token names an unknown one.
        var keys = JWKSourceBuilder.<SecurityContext>create(URI.create(env.get("JWKS_URL")).toURL()).build();

        var claims = new DefaultJWTClaimsVerifier<SecurityContext>(
            env.get("AUDIENCE"),
            new JWTClaimsSet.Builder().issuer(env.get("ISSUER")).build(),
            Set.of("sub", "exp"));
        claims.setMaxClockSkew(5);

        var processor = new DefaultJWTProcessor<SecurityContext>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("gw+jwt")));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys));
        processor.setJWTClaimsSetVerifier(claims);

        System.out.println(processor.process(env.get("TOKEN"), null).getSubject());
    }
}
