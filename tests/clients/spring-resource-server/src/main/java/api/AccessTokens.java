package api;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.*;

@Configuration
class AccessTokens {
    @Bean
    JwtDecoder jwtDecoder(@Value("${issuer}") String issuer, @Value("${audience}") String audience) {
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer)
            .jwsAlgorithm(SignatureAlgorithm.ES256).validateType(false).build();
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
            new JwtTypeValidator(List.of("at+jwt")), new JwtIssuerValidator(issuer), new JwtAudienceValidator(audience),
            new JwtTimestampValidator(Duration.ofSeconds(5)),
            new JwtClaimValidator<>("exp", Objects::nonNull), new JwtClaimValidator<>("sub", Objects::nonNull)));
        return decoder;
    }
}
