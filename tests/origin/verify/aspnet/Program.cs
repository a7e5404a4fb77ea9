// Verifies a forwarded assertion: .NET with Microsoft.IdentityModel, as ASP.NET Core's JWT bearer
// handler uses it (dotnet run).
// Reads JWKS_URL, ISSUER, AUDIENCE and TOKEN; prints the caller's id, or fails.
//
// In an ASP.NET Core application, whose route says "header": "Authorization":
//
//   builder.Services.AddAuthentication("Bearer").AddJwtBearer(options =>
//   {
//       options.MapInboundClaims = false;
//       options.ConfigurationManager = Assertions.Keys(jwksUrl);
//       options.TokenValidationParameters = Assertions.Parameters(issuer, audience);
//   });

using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

static string Env(string name) => Environment.GetEnvironmentVariable(name) ?? throw new ArgumentException(name);

var parameters = Assertions.Parameters(Env("ISSUER"), Env("AUDIENCE"));
parameters.ConfigurationManager = Assertions.Keys(Env("JWKS_URL"));

var result = await new JsonWebTokenHandler().ValidateTokenAsync(Env("TOKEN"), parameters);
if (!result.IsValid || result.Claims["sub"] is not string caller)
{
    Console.Error.WriteLine(result.Exception?.Message ?? "no sub");
    return 1;
}
Console.WriteLine(caller);
return 0;

public static class Assertions
{
    public static TokenValidationParameters Parameters(string issuer, string audience) => new()
    {
        ValidAlgorithms = ["ES256"],
        ValidTypes = ["gw+jwt"],
        ValidIssuer = issuer,
        ValidAudience = audience,
        RequireExpirationTime = true,
        ClockSkew = TimeSpan.FromSeconds(5),
        NameClaimType = "sub",
        RoleClaimType = "roles",
    };

    // Made once: it keeps the keys, and fetches them again when a token names an unknown one.
    public static ConfigurationManager<OpenIdConnectConfiguration> Keys(string jwksUrl) => new(
        jwksUrl, new KeySet(), new HttpDocumentRetriever { RequireHttps = !new Uri(jwksUrl).IsLoopback });

    private sealed class KeySet : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
            string address, IDocumentRetriever documents, CancellationToken cancel)
        {
            var found = new OpenIdConnectConfiguration();
            var keys = new JsonWebKeySet(await documents.GetDocumentAsync(address, cancel));
            foreach (var key in keys.GetSigningKeys()) found.SigningKeys.Add(key);
            return found;
        }
    }
}
