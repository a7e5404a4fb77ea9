package api;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An API whose every path needs an access token, as Spring Boot makes it. */
@SpringBootApplication
@RestController
public class Api {
    public static void main(String[] args) {
        SpringApplication.run(Api.class, args);
    }

    @GetMapping("/api")
    String caller(@AuthenticationPrincipal Jwt token) {
        return token.getSubject();
    }

    @EventListener(ApplicationReadyEvent.class)
    void ready() {
        System.out.println("listening");
    }
}
